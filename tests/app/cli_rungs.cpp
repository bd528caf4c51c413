// SPDX-License-Identifier: Apache-2.0
#include "cli_program.h"

#include <QtTest>

using namespace bitdial::test;

class CliRungs : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void rungsStandSideBySide()
    {
        const auto network = m_folder.filePath("rungs.onnx");
        const auto data = smallData(m_folder);
        QCOMPARE(runCli({"train", "zoo:resnet8?resolution=16&width=4&channels=1&classes=2",
                         "--data", data, "--epochs", "1", "--out", network})
                     .status,
                 0);
        const QStringList ask = {"rungs", network,     "--data", data,     "--uniform",
                                 "w4a8",  "--samples", "50",     "--json", "--layer-samples",
                                 "5"};
        const auto chip = writeFile(m_folder, "chip.csv", "image,class\n0,1\n1,0\n2,1\n");
        const auto compared = runCli(ask + QStringList{"--device", chip});
        QVERIFY2(compared.status == 0, qPrintable(compared.err));
        const auto rungs = compared.json();
        QCOMPARE(rungs["rungs"].size(), std::size_t(3));
        const QStringList names = {"float", "fake", "integer"};
        for (std::size_t i = 0; i < 3; ++i) {
            const auto& rung = rungs["rungs"][i];
            const auto name = QString::fromStdString(rung["rung"].get<std::string>());
            QCOMPARE(name, names[qsizetype(i)]);
            QStringList evaluate = {"evaluate", network,     "--data", data,    "--rung",
                                    name,       "--samples", "50",     "--json"};
            if (name != "float")
                evaluate << "--uniform"
                         << "w4a8";
            const auto alone = runCli(evaluate).json();
            QCOMPARE(rung["correct"].get<int>(), alone["correct"].get<int>());
            QCOMPARE(rung["ci_low"].get<double>(), alone["ci_low"].get<double>());
        }
        QCOMPARE(rungs["layer_samples"].get<int>(), 5);
        QCOMPARE(rungs["layers"][0]["elements"].get<int>(), 5 * 4 * 16 * 16);
        QCOMPARE(rungs["device"]["samples"].get<int>(), 3);
        QVERIFY(!rungs["device"].contains("first_mismatch")); // the table has no logits
        const auto wrong =
            runCli(ask + QStringList{"--device", writeFile(m_folder, "bad.csv", "a,b\n")});
        QCOMPARE(wrong.status, 3);
        QVERIFY(QString::fromStdString(wrong.json()["error"]["where"].get<std::string>())
                    .contains("bad.csv:1"));
        QCOMPARE(runCli({"rungs", network, "--data", data, "--device", ""}).status, 3);
    }
};

QTEST_GUILESS_MAIN(CliRungs)
#include "cli_rungs.moc"
