// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

namespace {

struct Result {
    int status = -1;
    QString out;
    QString err;
    nlohmann::json json() const { return nlohmann::json::parse(out.toStdString()); }
};

Result runCli(const QStringList& arguments)
{
    QProcess process;
    process.start(BITDIAL_CLI, arguments);
    process.waitForFinished(60000);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

} // namespace

class CliUsage : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    const QString m_network = "zoo:resnet8?resolution=16&width=4";

    QString writeFile(const QString& name, const QByteArray& text)
    {
        QFile file(m_folder.filePath(name));
        const bool written = file.open(QFile::WriteOnly) && file.write(text) == text.size();
        return written ? file.fileName() : QString();
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
        QTest::newRow("png") << QStringList{"front", "p.bitdial", "--format", "png"} << "svg";
        QTest::newRow("method") << QStringList{"search",    m_network,     "--data",   "demo",
                                               "--profile", "both",        "--method", "fre-bits",
                                               "--project", "none.bitdial"}
                                << "free-bits";
        QTest::newRow("format") << QStringList{"export", m_network, "--format",  "pulp",
                                               "--out",  "none",    "--profile", "both"}
                                << "'pulp-nn'";
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
