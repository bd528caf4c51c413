// SPDX-License-Identifier: Apache-2.0
// Which runs of the programs load LibTorch, and what is said where it cannot be loaded.
#include "cli_program.h"

#include <QDir>
#include <QFileInfo>
#include <QtTest>

using namespace bitdial::test;

namespace {

struct Run {
    int status = -1;
    QString out;
    bool loaded_torch = false;
};

/// The dynamic loader itself tells what it loads.
Run watchedRun(const QString& program, const QStringList& arguments)
{
    constexpr int patience_ms = 60000;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("LD_DEBUG", "files");
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.waitForFinished(patience_ms);
    const auto told = process.readAllStandardError();
    if (!told.contains("libc.so.6"))
        return {}; // told nothing
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()), told.contains("libtorch_cpu.so")};
}

} // namespace

class TensorsOnDemand : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_network = "zoo:resnet8?resolution=16&width=4&channels=1&classes=2";

    /// Where the library lies, seen from the program.
    static QString libraryFromProgram()
    {
        return QFileInfo(BITDIAL_CLI).dir().relativeFilePath(BITDIAL_TENSOR_LIBRARY);
    }

    /// The program alone in another place, with `library` where its own would be.
    QString programWith(const QString& name, const QString& library) const
    {
        const QDir bin(m_folder.filePath(name + "/app/bin"));
        const auto program = bin.filePath("bitdial-cli");
        const auto place = QDir::cleanPath(bin.filePath(libraryFromProgram()));
        const bool made = QDir().mkpath(bin.path()) && QFile::copy(BITDIAL_CLI, program) &&
                          (library.isEmpty() ||
                           (QDir().mkpath(QFileInfo(place).path()) && QFile::copy(library, place)));
        return made ? program : QString();
    }

    static QString refusal(const QString& program, const QStringList& evaluate)
    {
        const auto run = watchedRun(program, QStringList(evaluate) << "--json");
        if (run.status != 1)
            return "status " + QString::number(run.status) + ": " + run.out;
        const auto error = nlohmann::json::parse(run.out.toStdString())["error"];
        return QString::fromStdString(error["where"].get<std::string>() + ": " +
                                      error["why"].get<std::string>());
    }

    QStringList evaluation() const
    {
        return {"evaluate", m_network, "--data", smallData(m_folder)};
    }

private Q_SLOTS:
    void whatComputesNothingWithTensorsLoadsNone_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("profiles") << QStringList{"profiles"};
        QTest::newRow("methods") << QStringList{"methods"};
        QTest::newRow("help of search") << QStringList{"search", "--help"};
        QTest::newRow("inspect") << QStringList{"inspect", m_network};
        QTest::newRow("cost") << QStringList{"cost", m_network, "--profile", "both"};
    }
    void whatComputesNothingWithTensorsLoadsNone()
    {
        QFETCH(QStringList, arguments);
        const auto run = watchedRun(BITDIAL_CLI, arguments);
        QCOMPARE(run.status, 0);
        QVERIFY(!run.out.isEmpty());
        QVERIFY(!run.loaded_torch);
    }

    void whatComputesWithTensorsLoadsThem()
    {
        const auto network = m_folder.filePath("trained.onnx");
        const auto data = smallData(m_folder);
        const auto trained = watchedRun(
            BITDIAL_CLI, {"train", m_network, "--data", data, "--epochs", "1", "--out", network});
        QCOMPARE(trained.status, 0);
        QVERIFY(trained.loaded_torch);
        const auto evaluated =
            watchedRun(BITDIAL_CLI, {"evaluate", network, "--data", data, "--uniform", "w8a8"});
        QCOMPARE(evaluated.status, 0);
        QVERIFY(evaluated.loaded_torch);
    }

    void errorsOfTheLibraryArriveAsTheyAre()
    {
        const auto refused = runCli(evaluation());
        QCOMPARE(refused.status, 4); // no weights
        QVERIFY2(refused.err.contains("geometry-only"), qPrintable(refused.err));
    }

    void theWindowOfANetworkWithoutDataLoadsNone()
    {
#ifdef BITDIAL_WINDOW
        const auto picture = m_folder.filePath("window.png");
        const auto run = watchedRun(BITDIAL_WINDOW,
                                    {"zoo:resnet8", "--screenshot", picture, "--size", "800x600"});
        QCOMPARE(run.status, 0);
        QVERIFY(QFile::exists(picture));
        QVERIFY(!run.loaded_torch);
#else
        QSKIP("the window is not built");
#endif
    }

    void aMissingLibraryIsSaidWhenItIsNeeded()
    {
        const auto program = programWith("missing", {});
        QVERIFY(!program.isEmpty());
        QCOMPARE(watchedRun(program, {"methods"}).status, 0);
        const auto why = refusal(program, evaluation());
        QVERIFY2(why.contains("No such file"), qPrintable(why));
        QVERIFY2(why.contains(m_folder.path()), qPrintable(why));
    }

    void aLibraryOfAnotherVersionIsRefused()
    {
        const auto program = programWith("other", BITDIAL_OTHER_LIBRARY);
        QVERIFY(!program.isEmpty());
        const auto why = refusal(program, evaluation());
        QVERIFY2(why.contains("it is of version 0.0.1, the program of " BITDIAL_VERSION),
                 qPrintable(why));
    }

    void whatIsNoLibraryIsRefused()
    {
        const auto program = programWith("text", writeFile(m_folder, "text.so", "no library"));
        QVERIFY(!program.isEmpty());
        const auto why = refusal(program, evaluation());
        QVERIFY2(why.contains("libbitdial-tensors.so"), qPrintable(why));
        QVERIFY2(why.contains("invalid ELF header") || why.contains("too short"), qPrintable(why));
    }

    void theProgramFindsItsLibraryWhereverBothLie()
    {
        const auto program = programWith("moved", BITDIAL_TENSOR_LIBRARY);
        QVERIFY(!program.isEmpty());
        const auto data = smallData(m_folder);
        const auto trained = watchedRun(program, {"train", m_network, "--data", data, "--epochs",
                                                  "1", "--out", m_folder.filePath("moved.onnx")});
        QCOMPARE(trained.status, 0);
        QVERIFY(trained.loaded_torch);
    }
};

QTEST_GUILESS_MAIN(TensorsOnDemand)
#include "tensors_on_demand.moc"
