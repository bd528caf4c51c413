// SPDX-License-Identifier: Apache-2.0
#include "cli_program.h"

#include <QtTest>

using namespace bitdial::test;

class CliExports : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_network; ///< of two classes, trained

private Q_SLOTS:
    void initTestCase()
    {
        m_network = m_folder.filePath("two.onnx");
        const auto trained =
            runCli({"train", "zoo:resnet8?resolution=16&width=4&channels=1&classes=2", "--data",
                    smallData(m_folder), "--epochs", "1", "--out", m_network});
        QVERIFY2(trained.status == 0, qPrintable(trained.err));
    }

    /// Calibration and golden inputs take pictures; only an accuracy needs labels.
    void labelsDoNotMatter_data()
    {
        QTest::addColumn<QString>("format");
        for (const char* format : {"pulp-nn", "dory", "deeploy", "qonnx"})
            QTest::newRow(format) << QString(format);
    }
    void labelsDoNotMatter()
    {
        QFETCH(const QString, format);
        const auto five = smallData(m_folder, "five", 5);
        const auto out = m_folder.filePath(format);
        QStringList ask = {"export", m_network,  "--uniform", "w8a8",  "--data",
                           five,     "--format", format,      "--out", out};
        if (format != "qonnx")
            ask << "--profile"
                << "pulp-open-xpulpv2";
        const auto exported = runCli(ask);
        QVERIFY2(exported.status == 0, qPrintable(exported.err));
        QVERIFY(QFileInfo(out).isDir() || QFileInfo(out).isFile());
        const auto judged = runCli({"evaluate", m_network, "--data", five, "--rung", "integer"});
        QCOMPARE(judged.status, 3);
        QVERIFY2(judged.err.contains("label"), qPrintable(judged.err));
    }
};

QTEST_GUILESS_MAIN(CliExports)
#include "cli_exports.moc"
