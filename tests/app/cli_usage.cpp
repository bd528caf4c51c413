// SPDX-License-Identifier: Apache-2.0
#include "cli_board_log.h"
#include "cli_fronts.h"
#include "cli_program.h"

#include <QtTest>

using namespace bitdial::test;

class CliUsage : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_network = "zoo:resnet8?resolution=16&width=4";

    QString writeFile(const QString& name, const QByteArray& text) const
    {
        return bitdial::test::writeFile(m_folder, name, text);
    }
    QString smallData() const { return bitdial::test::smallData(m_folder); }

    void refusedSearchesChangeNothing(QStringList search, const QString& project)
    {
        const auto content = [&] {
            QFile file(project);
            return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
        };
        const auto before = content();
        const auto points = runCli({"front", project, "--json"}).out;
        search.replaceInStrings("both", writeFile("other.json", otherProfile()));
        for (const auto& [option, value] :
             {std::pair("--set", "bogus=1"), std::pair("--max", "latency=5"),
              std::pair("--max", "nowhere:latency_ms=5"), std::pair("--lock", "nothing*=4"),
              std::pair("--lock", "first=5")}) {
            const auto refused = runCli(QStringList(search) << option << value);
            QVERIFY2(refused.status == 2, value);
            QVERIFY2((refused.out + refused.err).contains(QString(value).section('=', 0, 0)),
                     value);
        }
        QVERIFY(content() == before);
        QCOMPARE(runCli({"front", project, "--json"}).out, points);
    }

    /// Bit-exact, cycles, no verdict.
    void countersOfAnExport(const QString& folder)
    {
        int index = 0;
        const auto log = writeFile("board.log", boardLog(folder, &index));
        const auto picture = m_folder.filePath("cycles.svg");
        const auto result =
            runCli({"verify", folder, "--counters", log, "--plot", picture, "--json"});
        QVERIFY2(result.status == 0, qPrintable(result.err));
        QCOMPARE(int(result.json()["total"]["measured_cycles"]), 120 * index);
        QCOMPARE(int(result.json()["cycles"].size()), index);
        QCOMPARE(int(result.json()["cycles"][0]["measured_kernel_cycles"]), 90);
        QVERIFY(result.json()["cycles_kept"].is_null());
        QVERIFY(QFile::exists(picture));
    }

    /// Whatever it counted was not the point's program.
    static void changedExportIsNotStored(const QString& folder, const QStringList& verify)
    {
        QFile source(folder + "/src/tiles.c");
        QVERIFY(source.open(QFile::ReadWrite));
        const auto text = source.readAll();
        source.write("/* mine */\n");
        source.close();
        const auto changed = runCli(verify);
        QCOMPARE(changed.status, 3);
        QVERIFY2(changed.err.contains("was changed"), qPrintable(changed.err));
        QVERIFY(source.open(QFile::WriteOnly));
        source.write(text);
    }

    /// The cycles of point 3's export stand beside its promised ones.
    void countersAreStored(const QString& folder, const QString& project)
    {
        int layers = 0;
        const QStringList verify = {"verify",     folder,
                                    "--counters", writeFile("board.log", boardLog(folder, &layers)),
                                    "--project",  project};
        QCOMPARE(runCli(verify).status, 2);
        QCOMPARE(runCli({"verify", folder, "--project", project, "--point", "3"}).status, 2);
        QCOMPARE(runCli(verify + QStringList{"--point", "99"}).status, 2);
        const auto other = runCli(verify + QStringList{"--point", "2", "--json"});
        QCOMPARE(other.status, 3);
        QVERIFY(other.out.contains("has other bits"));
        changedExportIsNotStored(folder, verify + QStringList{"--point", "3"});
        QVERIFY(measuredOf(project, "--rank=promised").is_null());
        const auto stored = runCli(verify + QStringList{"--point", "3"});
        QVERIFY2(stored.status == 0, qPrintable(stored.err));
        QVERIFY(stored.err.contains("stored with point 3 of small.bitdial"));

        const int cycles = 120 * layers;
        QCOMPARE(measuredOf(project, "--rank=promised")["measured_latency_cycles"].get<int>(),
                 cycles);
        const auto measured = measuredOf(project, "--rank=measured");
        QVERIFY(measured["on_front"].get<bool>()); // there is no other
        QCOMPARE(measured["measured_source"].get<std::string>(), std::string("board.log"));
        const auto cost =
            runCli({"cost", project, "--point", "3", "--profile", "pulp-open-xpulpnn", "--json"})
                .json()[0];
        QCOMPARE(cost["total"]["measured_latency_cycles"].get<int>(), cycles);
        QCOMPARE(cost["layers"].size(), std::size_t(layers));
        QCOMPARE(cost["layers"][1]["measured_latency_cycles"].get<int>(), 120);
        QVERIFY(!cost["measured_run"]["stale"].get<bool>());
        QVERIFY(
            runCli({"cost", project, "--point", "3", "--profile", "pulp-open-xpulpnn"})
                .out.contains(QString("measured: %1 cycles (a board's counters, ").arg(cycles)));
        QCOMPARE(runCli({"cost", m_network, "--point", "3", "--profile", "both"}).status, 2);
        QVERIFY(runCli({"front", project}).out.contains(QString(",%1,false\r\n").arg(cycles)));
    }

    /// Another text of the profile: the cycles are shown as stale, and nothing is ranked by them.
    void storedCyclesTurnStale(const QString& project)
    {
        QVERIFY(measuredOf(project, "--rank=promised")["measured_stale"].get<bool>());
        QVERIFY(!measuredOf(project, "--rank=measured")["on_front"].get<bool>());
        QVERIFY(runCli({"cost", project, "--point", "3", "--profile", "pulp-open-xpulpnn"})
                    .out.contains("stale"));
    }

    /// Point 3 of `front` on XpulpNN; null where nothing was measured of it.
    static nlohmann::json measuredOf(const QString& project, const QString& rank)
    {
        const auto front = runCli({"front", project, rank, "--json"}).json();
        for (const auto& point : front["points"])
            if (point["point_id"] == 3 && point["profile"] == "pulp-open-xpulpnn" &&
                !point["measured_latency_cycles"].is_null())
                return point;
        return nullptr;
    }

    /// A project's own text of a profile counts, whether its name is installed or not.
    void theProjectsProfilesComeFirst(const QStringList& search, const QString& project)
    {
        const auto latency = [&](const QString& profile) {
            const auto cost = runCli({"cost", project, "--profile", profile, "--json"});
            return cost.status == 0 ? cost.json()[0]["total"]["latency_ms"].get<double>() : 0;
        };
        const auto searched = [&](const QString& profile) {
            return runCli(QStringList(search).replaceInStrings("both", profile)).status;
        };
        const auto installed = latency("pulp-open-xpulpnn");
        QVERIFY(installed > 0);
        QCOMPARE(searched(writeFile("other.json", otherProfile())), 0);
        QCOMPARE(latency("my-target"), installed);
        QCOMPARE(runCli({"front", project, "--profile", "my-target"}).status, 0);

        auto half_clock = otherProfile().replace("\"my-target\"", "\"pulp-open-xpulpnn\"");
        half_clock.replace("\"clock_hz\": 100000000", "\"clock_hz\": 50000000");
        QCOMPARE(searched(writeFile("edited.json", half_clock)), 0);
        QCOMPARE(latency("pulp-open-xpulpnn"), 2 * installed);
        QCOMPARE(searched("pulp-open-xpulpnn"), 0); // must not bring the installed text back
        QCOMPARE(latency("pulp-open-xpulpnn"), 2 * installed);
    }

    static QByteArray otherProfile()
    {
        QFile file(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json");
        if (!file.open(QFile::ReadOnly))
            return {};
        return file.readAll().replace("\"pulp-open-xpulpnn\"", "\"my-target\"");
    }

private Q_SLOTS:
    void helpAndVersion()
    {
        const auto help = runCli({"--help"});
        QCOMPARE(help.status, 0);
        for (const auto* verb : {"inspect", "profiles", "profile check", "profile compare", "cost",
                                 "evaluate", "search", "front", "export", "train", "verify"}) {
            QVERIFY(help.out.contains(verb));
            const auto own = runCli(QString(verb).split(' ') << "--help");
            QCOMPARE(own.status, 0);
            QVERIFY(own.out.startsWith(QString("usage: bitdial-cli ") + verb));
        }
        QVERIFY(runCli({"--version"}).out.contains(BITDIAL_VERSION));
    }

    void wrongUsage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("part");
        QTest::newRow("nothing") << QStringList{} << "verb";
        QTest::newRow("verb") << QStringList{"serach"} << "'search'";
        QTest::newRow("half verb") << QStringList{"profile", "chek"} << "'profile check'";
        QTest::newRow("option") << QStringList{"cost", m_network, "--profil", "both"}
                                << "'--profile'";
        QTest::newRow("short option") << QStringList{"cost", "-x"} << "-x";
        QTest::newRow("no operand") << QStringList{"inspect"} << "NETWORK";
        QTest::newRow("operands") << QStringList{"inspect", "a", "b"} << "'b'";
        QTest::newRow("required") << QStringList{"cost", m_network} << "--profile P";
        QTest::newRow("value") << QStringList{"cost", m_network, "--profile"}
                               << "--profile needs P";
        QTest::newRow("twice") << QStringList{"cost", "--uniform", "w8a8", "--uniform=w8a8"}
                               << "--uniform";
        QTest::newRow("switch value") << QStringList{"inspect", m_network, "--json=1"} << "--json";
        QTest::newRow("widths") << QStringList{"cost", m_network,   "--profile",
                                               "both", "--uniform", "w3a8"}
                                << "w3a8";
        QTest::newRow("both bits") << QStringList{"cost",   m_network,   "--profile", "both",
                                                  "--bits", "/dev/null", "--uniform", "w8a8"}
                                   << "--bits and --uniform";
        QTest::newRow("number") << QStringList{"evaluate", m_network,   "--data",
                                               "demo",     "--samples", "1x"}
                                << "'1x'";
        QTest::newRow("rung") << QStringList{"evaluate", m_network, "--data",
                                             "demo",     "--rung",  "integr"}
                              << "'integer'";
        QTest::newRow("gif") << QStringList{"front", "p.bitdial", "--format", "gif"} << "'png'";
        QTest::newRow("theme") << QStringList{"front",   "p.bitdial", "--format", "png",
                                              "--theme", "black",     "--out",    "none.png"}
                               << "'dark'";
        QTest::newRow("plot of another kind")
            << QStringList{"verify", "dir", "--counters", "log", "--plot", "f.jpg"} << ".png";
        QTest::newRow("plot of another kind of a profile")
            << QStringList{"profile", "compare", "pulp-open-xpulpnn", "none.csv", "--plot", "f"}
            << ".pdf";
        QTest::newRow("method") << QStringList{"search",    m_network,     "--data",   "demo",
                                               "--profile", "both",        "--method", "fre-bits",
                                               "--project", "none.bitdial"}
                                << "free-bits";
        QTest::newRow("format") << QStringList{"export", m_network, "--format",  "pulp",
                                               "--out",  "none",    "--profile", "both"}
                                << "'pulp-nn'";
        QTest::newRow("runner") << QStringList{"verify", "dir", "--runner", "gvsock"} << "'gvsoc'";
        QTest::newRow("simulator of another runner")
            << QStringList{"verify", "dir", "--gvsoc", "/opt/gvsoc"} << "--runner gvsoc";
        QTest::newRow("counters run nothing")
            << QStringList{"verify", "dir", "--counters", "log", "--cc", "clang-19"} << "--cc";
        QTest::newRow("plot of no cycles")
            << QStringList{"verify", "dir", "--plot", "f.svg"} << "--counters FILE";
        QTest::newRow("table of no cycles")
            << QStringList{"verify", "dir", "--table", "f.csv"} << "--counters FILE";
    }

    void wrongUsage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, part);
        const auto result = runCli(arguments);
        QVERIFY2(result.status == 2, qPrintable(result.err));
        QVERIFY(result.out.isEmpty());
        QVERIFY2(result.err.contains(part), qPrintable(result.err));
        QCOMPARE(result.err.count('\n'), 1);
    }

    void badInput_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("part");
        const QString missing = m_folder.filePath("missing.onnx");
        QTest::newRow("network") << QStringList{"inspect", missing} << missing;
        QTest::newRow("no such network")
            << QStringList{"inspect", "fashion-resnt8"} << "Did you mean 'fashion-resnet8'";
        QTest::newRow("not onnx") << QStringList{"inspect", writeFile("text.onnx", "not a network")}
                                  << "text.onnx";
        QTest::newRow("profile") << QStringList{"cost", m_network, "--profile", "pulp-open-xpulpn"}
                                 << "pulp-open-xpulpnn";
        QTest::newRow("profile file")
            << QStringList{"profile", "check", writeFile("p.json", "{\"schema\":1}")} << "p.json";
        QTest::newRow("project") << QStringList{"front", writeFile("p.bitdial", "text")}
                                 << "p.bitdial";
        QTest::newRow("no data") << QStringList{"evaluate", m_network, "--data",
                                                m_folder.filePath("none.json")}
                                 << "none.json";
        QTest::newRow("table") << QStringList{"profile", "compare", "pulp-open-xpulpnn",
                                              writeFile("t.csv", "a,b\n1,2\n")}
                               << "t.csv";
    }

    void badInput()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, part);
        const auto plain = runCli(arguments);
        QVERIFY2(plain.status == 3, qPrintable(plain.err));
        QVERIFY(plain.out.isEmpty());
        QVERIFY2(plain.err.contains(part), qPrintable(plain.err));
        QVERIFY2(!plain.err.contains("?."), qPrintable(plain.err));
        const auto json = runCli(arguments + QStringList{"--json"});
        QCOMPARE(json.status, 3);
        const auto error = json.json()["error"];
        QCOMPARE(error["code"].get<std::string>(), std::string("bad-input"));
        for (const auto* key : {"what", "where", "why", "next"})
            QVERIFY2(error[key].is_string() && !error[key].get<std::string>().empty(), key);
    }

    void usageErrorsAreJsonToo()
    {
        const auto result = runCli({"cost", "--json", "--nonsense"});
        QCOMPARE(result.status, 2);
        QCOMPARE(result.json()["error"]["code"].get<std::string>(), std::string("usage"));
        QVERIFY(result.err.isEmpty());
    }

    void anUnknownLayerIsNamed()
    {
        const auto hash = runCli({"inspect", m_network, "--json"}).json()["hash"];
        const nlohmann::json bits{{"schema", "bitdial.bits/1"},
                                  {"network", hash},
                                  {"weights", {{"block1.conv7", 4}}},
                                  {"activations", nlohmann::json::object()}};
        const auto file = writeFile("bits.json", QByteArray::fromStdString(bits.dump()));
        const auto result = runCli({"cost", m_network, "--profile", "both", "--bits", file});
        QCOMPARE(result.status, 3);
        QVERIFY2(result.err.contains("'block1.conv7'") && result.err.contains("'block1.conv1'") &&
                     result.err.contains("bits.json"),
                 qPrintable(result.err));
    }

    void inspectAndCostHaveTheirKeys()
    {
        const auto inspected = runCli({"inspect", m_network, "--json"}).json();
        for (const auto* key : {"network", "macs", "parameters", "layers", "unsupported"})
            QVERIFY2(inspected.contains(key), key);
        std::int64_t macs = 0;
        for (const auto& layer : inspected["layers"]) {
            for (const auto* key :
                 {"name", "kind", "in_shape", "out_shape", "macs", "parameters", "quantizable"})
                QVERIFY2(layer.contains(key), key);
            macs += layer["macs"].get<std::int64_t>();
        }
        QCOMPARE(inspected["macs"].get<std::int64_t>(), macs);

        const auto costs =
            runCli({"cost", m_network, "--profile", "both", "--uniform", "w4a8", "--json"}).json();
        QCOMPARE(costs.size(), std::size_t(2));
        for (const auto& cost : costs) {
            double cycles = 0;
            for (const auto& layer : cost["layers"])
                cycles += layer["latency_cycles"].get<double>();
            QVERIFY(qAbs(cost["total"]["latency_cycles"].get<double>() - cycles) <= 1e-9 * cycles);
        }
        QCOMPARE(costs[0]["layers"].size(), inspected["layers"].size());
    }

    /// The whole path on a small network: each verb reads what the one before wrote.
    void trainSearchFrontExportVerify()
    {
        const auto data = smallData();
        const auto network = m_folder.filePath("small.onnx");
        const auto trained = runCli(
            {"train", "zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&classes=2&blocks=2",
             "--data", data, "--epochs", "1", "--out", network, "--json"});
        QVERIFY2(trained.status == 0, qPrintable(trained.err));
        QCOMPARE(trained.json()["test"]["rung"], "float");

        const auto project = m_folder.filePath("small.bitdial");
        const QStringList search = {
            "search",   network,        "--data",    data,           "--profile", "both",
            "--method", "free-bits",    "--project", project,        "--set",     "strengths=0.01",
            "--set",    "gate_steps=2", "--set",     "tune_steps=2", "--json"};
        const auto found = runCli(search);
        QVERIFY2(found.status == 0, qPrintable(found.err));
        QCOMPARE(int(found.json()["points"]), 1 + 3 + 1 + 2);

        const auto front = runCli({"front", project, "--json"});
        QCOMPARE(front.status, 0);
        QCOMPARE(int(front.json()["points"].size()), 2 * 7);
        QCOMPARE(runCli({"front", project, "--json", "--format", "csv"}).status, 2);
        QCOMPARE(runCli({"front", project, "--json", "--format", "svg"}).status, 2);
        const auto picture = m_folder.filePath("front.svg");
        const auto told = runCli({"front", project, "--json", "--format", "svg", "--out", picture});
        QCOMPARE(told.json()["out"].get<std::string>(), picture.toStdString());
        frontsAreDrawn(project, m_folder);

        const auto folder = m_folder.filePath("exported");
        const auto exported = runCli({"export", project, "--point", "3", "--profile",
                                      "pulp-open-xpulpnn", "--out", folder, "--images", "2"});
        QVERIFY2(exported.status == 0, qPrintable(exported.err));
        const auto verified = runCli({"verify", folder, "--json"});
        QVERIFY2(verified.status == 0, qPrintable(verified.err));
        QVERIFY(bool(verified.json()["bit_exact"]));
        countersOfAnExport(folder);
        countersAreStored(folder, project);

        refusedSearchesChangeNothing(search, project);
        theProjectsProfilesComeFirst(search, project);
        storedCyclesTurnStale(project);
        QCOMPARE(
            runCli({"search", network, "--data", data, "--profile", "both", "--method", "free-bits",
                    "--project", project, "--max", "latency_ms=0.00001", "--set", "gate_steps=1"})
                .status,
            4);
    }

    void anInterruptIsStatus5()
    {
        QProcess process;
        process.start(BITDIAL_CLI,
                      {"search", "demo", "--data", "demo", "--profile", "both", "--method",
                       "free-bits", "--project", m_folder.filePath("interrupted.bitdial")});
        process.setReadChannel(QProcess::StandardError);
        QVERIFY(process.waitForReadyRead(patience_ms)); // it tells of its progress, or of an error
        if (process.readAllStandardError().contains("dataset-fashion-mnist"))
            QSKIP("the package dataset-fashion-mnist is not installed");
        process.terminate();
        QVERIFY(process.waitForFinished(patience_ms));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 5);
        QVERIFY(process.readAllStandardError().contains("stopping"));
    }

    void whatIfChangesCostsAndSaysSo()
    {
        const QStringList ask = {"cost", m_network, "--profile", "pulp-open-xpulpv2", "--json"};
        const auto before = runCli(ask).json()[0];
        const auto faster = runCli(ask + QStringList{"--set", "clock_hz=200000000"}).json()[0];
        QVERIFY(faster["profile"].get<std::string>().find("clock_hz=200000000") !=
                std::string::npos);
        QCOMPARE(faster["total"]["latency_cycles"].get<double>(),
                 before["total"]["latency_cycles"].get<double>());
        QCOMPARE(faster["total"]["latency_ms"].get<double>() * 2,
                 before["total"]["latency_ms"].get<double>());
        const auto unknown = runCli(ask + QStringList{"--set", "clock_herz=1"});
        QCOMPARE(unknown.status, 3);
        QVERIFY(unknown.out.contains("clock_hz"));
        QCOMPARE(runCli(ask + QStringList{"--set", "cores"}).status, 2);
    }

    void costsAreExplained()
    {
        const QStringList ask = {"cost",      m_network, "--profile", "pulp-open-xpulpnn",
                                 "--uniform", "w4a4",    "--free",    "--json"};
        const auto all = runCli(ask + QStringList{"--explain", "all"}).json()[0];
        QCOMPARE(all["explanations"].size(), all["layers"].size());
        QVERIFY(all["free_widths"].is_array());
        const auto& conv = all["explanations"][0];
        QCOMPARE(conv["latency_cycles"], all["layers"][0]["latency_cycles"]);
        QVERIFY(conv["tiling"]["tiles"].get<int>() >= 1);
        QVERIFY(conv["roofline"]["macs_per_cycle"].get<double>() > 0);
        QVERIFY(!conv["steps"].empty());
        const auto name = all["layers"][1]["name"].get<std::string>();
        const auto one =
            runCli(ask + QStringList{"--explain", QString::fromStdString(name)}).json()[0];
        QCOMPARE(one["explanations"].size(), std::size_t(1));
        QCOMPARE(one["explanations"][0]["name"].get<std::string>(), name);
        const auto wrong =
            runCli(ask + QStringList{"--explain", QString::fromStdString(name + "x")});
        QCOMPARE(wrong.status, 2);
        QVERIFY(wrong.out.contains(QString::fromStdString(name)));
    }

    void measuredTablesAreFittedComparedAndKept()
    {
        const QString table = BITDIAL_SOURCE_DIR "/profiles/measured/pulp-open-xpulpnn.csv";
        const auto plot = m_folder.filePath("plot.svg");
        const auto compared =
            runCli({"profile", "compare", "pulp-open-xpulpnn", table, "--plot", plot, "--json"});
        QCOMPARE(compared.status, 0);
        const auto errors = compared.json();
        QVERIFY(errors["mape"].get<double>() < 0.03);
        QVERIFY(errors["percentile95"].get<double>() < 0.1);
        QVERIFY(errors["kendall_tau"].get<double>() > 0.97);
        QFile picture(plot);
        QVERIFY(picture.open(QFile::ReadOnly));
        QCOMPARE(picture.readAll().count("r=\"2.5\""), errors["rows"].get<int>());

        const auto kept = m_folder.filePath("kept.json");
        const auto added = runCli({"profile", "measured", "pulp-open-xpulpnn", table, "--out", kept,
                                   "--source", "a test", "--json"});
        QCOMPARE(added.status, 0);
        QVERIFY(added.json()["entries"].get<int>() > 100);
        QCOMPARE(runCli({"profile", "check", kept}).status, 0);
    }

    void profilesPrintTheNameFirst()
    {
        const auto result = runCli({"profiles"});
        QCOMPARE(result.status, 0);
        const auto lines = result.out.split('\n', Qt::SkipEmptyParts);
        QStringList names;
        for (const auto& line : lines)
            names << line.section(' ', 0, 0);
        QVERIFY(names.contains("pulp-open-xpulpv2") && names.contains("pulp-open-xpulpnn"));
        for (const auto& name : names)
            QCOMPARE(runCli({"profile", "check", BITDIAL_SOURCE_DIR "/profiles/" + name + ".json"})
                         .status,
                     0);
    }
};

QTEST_GUILESS_MAIN(CliUsage)
#include "cli_usage.moc"
