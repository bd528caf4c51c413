// SPDX-License-Identifier: Apache-2.0
#include <QProcess>
#include <QtTest>

/// From the start of bitdial-cli to its end. At most 0.1 s are wanted for what computes nothing
/// with tensors; what does so spends half a second more on loading LibTorch.
class BenchStart : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void program_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("profiles") << QStringList{"profiles"};
        QTest::newRow("methods") << QStringList{"methods"};
        QTest::newRow("cost") << QStringList{"cost", "demo", "--profile", "both"};
        QTest::newRow("evaluate, one sample, tensors")
            << QStringList{"evaluate", "demo", "--data", "demo", "--samples", "1"};
    }
    void program()
    {
        QFETCH(QStringList, arguments);
        QBENCHMARK
        {
            QProcess process;
            process.setStandardOutputFile(QProcess::nullDevice());
            process.start(BITDIAL_CLI, arguments);
            QVERIFY(process.waitForFinished());
            QCOMPARE(process.exitCode(), 0);
        }
    }
};

QTEST_GUILESS_MAIN(BenchStart)
#include "bench_start.moc"
