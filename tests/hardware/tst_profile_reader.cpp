// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json_text.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace bitdial;

namespace {

QString profileText()
{
    return QString::fromStdString(
        readTextFile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json"));
}

} // namespace

class TestProfileReader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void checkedInProfiles();
    void groupsCoverTheirFigures();
    void badProfiles_data();
    void badProfiles();
    void badSections_data();
    void badSections();
    void implausibleFiguresWarn_data();
    void implausibleFiguresWarn();
    void foldersAndNames();
    void jsonStrings();
    void hostileSizes();
    void profilesInsideOlderProjectsAreRead();
    void energyFigures();
    void derivedKernelsFollowTheirOrigin();
};

void TestProfileReader::checkedInProfiles()
{
    for (const char* name : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"}) {
        const auto profile = openProfile(name);
        QCOMPARE(profile->name(), std::string(name));
        QCOMPARE(profile->clockHz(), 100e6);
        QCOMPARE(profile->cores(), 8);
        QCOMPARE(profile->fields().l1.usableBytes(), 52000);
        QCOMPARE(profile->hash().size(), std::size_t(64));
        QVERIFY(profile->warnings().empty());
        QVERIFY(!profile->fields().l3.estimated);
        QVERIFY(!profile->fields().overhead.estimated);
        QVERIFY(!profile->fields().dma.estimated);
        const auto& kernels = profile->fields().kernels;
        // Kernels that compute wrongly are not offered.
        QVERIFY(!kernels.contains({LayerKind::Linear, {2, 4, 2}}));
        QVERIFY(!kernels.contains({LayerKind::MaxPool, {4, 0, 4}}));
        QVERIFY(kernels.contains({LayerKind::MaxPool, {8, 0, 8}}));
        QCOMPARE(kernels.at({LayerKind::DepthwiseConv, {8, 8, 8}}).estimated, false);
        QCOMPARE(kernels.at({LayerKind::Add, {8, 0, 8}}).estimated, false);
        QCOMPARE(kernels.at({LayerKind::Conv, {8, 8, 8}}).estimated, false);
    }
}

/// The closest entry of 'sources' says whether a figure is an estimate.
void TestProfileReader::groupsCoverTheirFigures()
{
    const auto change = [](QString text, const QString& from, const QString& to) {
        [&] { QVERIFY(text.contains(from)); }();
        return text.replace(from, to);
    };
    const auto read = [](const QString& text) {
        return parseProfile(text.toStdString(), "p.json");
    };
    const QString estimate = "{\"provenance\":\"unverified\",\"source\":\"a guess\"},";
    const auto measured = profileText();
    QVERIFY(!read(measured)->fields().l3.estimated);
    // A group's estimate gives way to the figures' own entries ...
    const auto group = change(measured, "\"sources\": {", "\"sources\": {\"memory\": " + estimate);
    QVERIFY(!read(group)->fields().l3.estimated);
    // ... and covers those that have none.
    const auto uncovered =
        QString(group).remove(QRegularExpression("\"memory\\.l3\\.latency_cycles\": \\{[^}]*\\},"));
    QVERIFY(uncovered != group);
    QVERIFY(read(uncovered)->fields().l3.estimated);
    const auto dma = change(profileText(), "\"dma\": {\"provenance\":\"measured\"",
                            "\"dma\": {\"provenance\":\"unverified\"");
    QVERIFY(read(dma)->fields().dma.estimated);
}

void TestProfileReader::badProfiles_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QStringList>("message");
    QTest::newRow("misspelt") << "\"clock_hz\": 1"
                              << "\"clok_hz\": 1"
                              << QStringList{"p.json:6:3", "clok_hz", "'clock_hz'"};
    QTest::newRow("nested misspelt")
        << "\"l1\": {\"bytes\""
        << "\"l1\": {\"byts\"" << QStringList{"p.json:9:12", "'bytes'"};
    QTest::newRow("negative") << "100000000"
                              << "-5" << QStringList{"p.json:6:15", "wrong sign"};
    QTest::newRow("zero bandwidth")
        << "\"bandwidth_bytes_per_cycle\": 8"
        << "\"bandwidth_bytes_per_cycle\": 0" << QStringList{"p.json:15", "greater than 0"};
    QTest::newRow("missing level") << "\"l2\": {\"bytes\":512000,\"reserved_bytes\":90000},"
                                   << "" << QStringList{"p.json:8:13", "'l2' is missing"};
    QTest::newRow("null") << "\"cores\": 8"
                          << "\"cores\": null" << QStringList{"p.json:7:12", "it is null"};
    QTest::newRow("text") << "\"cores\": 8"
                          << "\"cores\": \"8\"" << QStringList{"p.json:7:12", "it is a text"};
    QTest::newRow("odd cores") << "\"cores\": 8"
                               << "\"cores\": 6" << QStringList{"p.json:7:12", "power of two"};
    QTest::newRow("NaN") << "100000000"
                         << "NaN" << QStringList{"p.json:6:15", "NaN"};
    QTest::newRow("overflow") << "100000000"
                              << "1e999" << QStringList{"p.json:6:15"};
    QTest::newRow("twice") << "\"cores\": 8"
                           << "\"cores\": 8, \"cores\": 8" << QStringList{"p.json:7:", "twice"};
    QTest::newRow("source") << "\"cores\": {\"provenance\""
                            << "\"coros\": {\"provenance\"" << QStringList{"coros", "'cores'"};
    QTest::newRow("provenance") << "\"published\""
                                << "\"publisht\"" << QStringList{"'published'"};
    QTest::newRow("kind") << "{\"kind\":\"linear\",\"in_bits\""
                          << "{\"kind\":\"liner\",\"in_bits\"" << QStringList{"liner", "'linear'"};
    QTest::newRow("width") << "\"in_bits\":4"
                           << "\"in_bits\":3" << QStringList{"2, 4, 8"};
    QTest::newRow("duplicate kernel") << "\"in_bits\":4"
                                      << "\"in_bits\":8" << QStringList{"listed twice"};
    QTest::newRow("coefficient") << "\"pair\":"
                                 << "\"pear\":" << QStringList{"pear", "'pair'"};
    QTest::newRow("schema") << "bitdial.profile/1"
                            << "bitdial.profile/9" << QStringList{"p.json:2", "schema"};
    QTest::newRow("reserve") << "\"reserved_bytes\":12000"
                             << "\"reserved_bytes\":64000" << QStringList{"usable"};
    QTest::newRow("citation") << "DORY PULP_gvsoc: 512,000 bytes"
                              << "somewhere" << QStringList{"p.json:4", "cites nothing"};
    QTest::newRow("dialect") << "\"im2col_packed\": true"
                             << "\"im2col_packed\": true, \"dialect\": \"pulpnn\""
                             << QStringList{"p.json:37", "'pulp-nn'"};
    QTest::newRow("truncated") << "\"fit\": ["
                               << "\"fit\": [ ]]" << QStringList{"p.json:"};
}

void TestProfileReader::badSections_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QStringList>("message");
    const auto power = [](const char* name, const char* value, const QStringList& message) {
        QTest::newRow(name) << "\"sources\": {"
                            << QString("\"power\": %1, \"sources\": {").arg(value) << message;
    };
    power("power unsourced", "{\"active_mw\": 5}", {"'power.active_mw' has no source"});
    power("power unit", "{\"active_w\": 5}", {"active_w", "'active_mw'"});
    power("power widths", "{\"pj_per_mac\": {\"8/3\": 5}}", {"8/3", "'8/"});
    power("no energies", "{\"pj_per_mac\": {}}", {"has no figures"});
    const auto kernel = [](const char* name, const char* value, const QStringList& message) {
        QTest::newRow(name) << "\"cycles\":{\"" << QString("%1\"cycles\":{\"").arg(value)
                            << message;
    };
    kernel("array size", "\"array\":{\"rows\":0},", {"'columns' is missing"});
    kernel("array key", "\"array\":{\"row\":1},", {"'rows'"});
    kernel("array cycles",
           "\"array\":{\"rows\":1,\"columns\":1,\"out_channels\":1,\"in_channels\":1,\"taps\":1},",
           {"'row'", "'output_tile'"});
    kernel("pointwise of a cluster", "\"pointwise\":{},", {"no meaning here"});
    const auto measured = [](const char* name, const char* value, const QStringList& message) {
        QTest::newRow(name) << "\"fit\": ["
                            << QString("\"measured\": [{%1}], \"fit\": [").arg(value) << message;
    };
    measured("measured key", "\"cycle\":1", {"'cycles'"});
    const QString geometry =
        "\"in_c\":8,\"in_h\":4,\"in_w\":4,\"out_c\":8,\"out_h\":4,\"out_w\":4,\"k_h\":1,"
        "\"k_w\":1,\"stride\":1,\"pad\":0,\"bits_in\":8,\"bits_w\":8,\"bits_out\":8,\"count\":1,"
        "\"source\":\"me\",\"kind\":\"conv\",";
    const auto entry = [&](const char* rest) { return (geometry + rest).toUtf8(); };
    measured("measured scope", entry("\"cycles\":1,\"scope\":\"net\""), {"Unknown scope"});
    measured("measured cycles", entry("\"cycles\":0,\"scope\":\"kernel\""), {"greater than 0"});
    measured("named kernel", entry("\"cycles\":1,\"scope\":\"kernel\",\"layer\":\"a\""),
             {"no meaning here"});
    measured("measured twice",
             entry("\"cycles\":1,\"scope\":\"kernel\"") + "},{" +
                 entry("\"cycles\":2,\"scope\":\"kernel\""),
             {"measured twice"});
}

/// Energy, arrays and measured entries.
void TestProfileReader::badSections()
{
    badProfiles();
}

void TestProfileReader::badProfiles()
{
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QStringList, message);
    QString text = profileText();
    const auto position = text.indexOf(from);
    QVERIFY(position >= 0);
    text.replace(position, from.size(), to);
    try {
        parseProfile(text.toStdString(), "p.json");
        QFAIL("accepted");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::BadInput);
        for (const QString& part : message)
            QVERIFY2(QString(error.what()).contains(part), error.what());
    }
}

void TestProfileReader::implausibleFiguresWarn_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("message");
    QTest::newRow("MHz") << "100000000"
                         << "100"
                         << "p.json:6:15";
    QTest::newRow("L1") << "\"bytes\":64000"
                        << "\"bytes\":640000"
                        << "L1 is larger than L2";
    QTest::newRow("L3") << "\"bandwidth_bytes_per_cycle\":1"
                        << "\"bandwidth_bytes_per_cycle\":9"
                        << "L3 is faster";
}

void TestProfileReader::implausibleFiguresWarn()
{
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, message);
    QString text = profileText();
    text.replace(text.indexOf(from), from.size(), to);
    const auto profile = parseProfile(text.toStdString(), "p.json");
    QCOMPARE(profile->warnings().size(), std::size_t(1));
    QVERIFY2(QString::fromStdString(profile->warnings().front()).contains(message),
             profile->warnings().front().c_str());
}

void TestProfileReader::foldersAndNames()
{
    QTemporaryDir folder;
    QString text = profileText();
    text.replace("\"name\": \"pulp-open-xpulpnn\"", "\"name\": \"mine\"");
    writeFileAtomically(folder.filePath("mine.json").toStdString(), text.toStdString());
    qputenv("BITDIAL_PROFILES", folder.path().toUtf8());
    const auto names = profileNames();
    QVERIFY(std::is_sorted(names.begin(), names.end()));
    QVERIFY(std::find(names.begin(), names.end(), "mine") != names.end());
    QVERIFY(std::find(names.begin(), names.end(), "pulp-open-xpulpv2") != names.end());
    QCOMPARE(openProfile("mine")->name(), std::string("mine"));
    QCOMPARE(openProfile(folder.filePath("mine.json").toStdString())->name(), std::string("mine"));
    qunsetenv("BITDIAL_PROFILES");
    try {
        openProfile("pulp-open-xpulpn");
        QFAIL("accepted");
    } catch (const Error& error) {
        QVERIFY2(QString(error.what()).contains("'pulp-open-xpulpnn'"), error.what());
    }
}

void TestProfileReader::jsonStrings()
{
    QCOMPARE(parseJsonText("\"a\\n\\u00e4\\ud83d\\ude00\"", "t").string,
             std::string("a\n\xC3\xA4\xF0\x9F\x98\x80"));
    for (const char* bad : {"", "{", "[1,]", "01", "\"", "tru", "[1] x", "\"\\ud800\"", "{\"a\" 1}",
                            "\"\\u00g0\"", "+1", "1.e5x"})
        QVERIFY_EXCEPTION_THROWN(parseJsonText(bad, "t"), Error);
    QVERIFY_EXCEPTION_THROWN(parseJsonText(std::string(1000, '['), "t"), Error);
}

/// Many values and many keys are refused before they cost memory or time.
void TestProfileReader::hostileSizes()
{
    std::string values = "[0";
    std::string keys = "{\"k\":0";
    for (int i = 0; i < 500000; ++i)
        values += ",0";
    for (int i = 0; i < 300; ++i)
        keys += ",\"k" + std::to_string(i) + "\":0";
    QVERIFY_EXCEPTION_THROWN(parseJsonText(values + "]", "t"), Error);
    QVERIFY_EXCEPTION_THROWN(parseJsonText(keys + "}", "t"), Error);
    try {
        parseProfile("{\"" + std::string(5000, 'n') + "\\u001b\": 1}", "p.json");
        QFAIL("accepted");
    } catch (const Error& error) {
        QVERIFY(QString(error.what()).size() < 1000);
    }
}

/// Projects keep the profiles that they were searched for, as text.
void TestProfileReader::profilesInsideOlderProjectsAreRead()
{
    const auto now = openProfile("pulp-open-xpulpnn");
    auto text = QString::fromStdString(now->text());
    text.replace("\"unverified\"", "\"estimate\"");
    text.remove(QRegularExpression("\"cross_validated_(percentile95|kendall_tau)\":[0-9.]+,"));
    QVERIFY(!text.contains("percentile95"));
    const auto before = parseProfile(text.toStdString(), "a project");
    QCOMPARE(before->estimates(), now->estimates());
}

void TestProfileReader::energyFigures()
{
    const auto with = [](const QString& power) {
        return parseProfile(
            profileText()
                .replace("\"sources\": {", "\"power\": " + power +
                                               ", \"sources\": {\"power\": "
                                               "{\"provenance\":\"unverified\",\"source\":\"me\"},")
                .toStdString(),
            "p.json");
    };
    const auto states = *with("{\"active_mw\": 20}")->fields().power;
    QVERIFY(states.kind == PowerModel::Kind::States && states.estimated);
    QCOMPARE(states.transfer_mw, 20.0);
    QCOMPARE(with("{\"active_mw\": 20, \"transfer_mw\": 3}")->fields().power->transfer_mw, 3.0);
    const auto one = *with("{\"pj_per_mac\": 63, \"pj_per_byte_l3\": 9}")->fields().power;
    QVERIFY(one.kind == PowerModel::Kind::Operations);
    QCOMPARE(*one.pjPerMac(8, 2), 63.0);
    QCOMPARE(one.pj_per_byte_l2, 0.0);
    QCOMPARE(one.pj_per_byte_l3, 9.0);
    const auto some = *with("{\"pj_per_mac\": {\"8/8\": 4, \"4/2\": 1}}")->fields().power;
    QCOMPARE(*some.pjPerMac(4, 2), 1.0);
    QVERIFY(!some.pjPerMac(2, 4));
    QVERIFY(!parseProfile(profileText().toStdString(), "p.json")->fields().power);
}

/// Kernels of one profile that stand for those of another are theirs, figure by figure.
void TestProfileReader::derivedKernelsFollowTheirOrigin()
{
    const auto kernels = [](const char* name) { return openProfile(name)->fields().kernels; };
    const auto v2 = kernels("pulp-open-xpulpv2");
    const auto nn = kernels("pulp-open-xpulpnn");
    for (const char* name :
         {"gap8", "gap8-1core", "gap9", "gap9-1core", "gap9-ne16", "siracusa-n-eureka", "mpic"})
        for (const auto& [key, model] : kernels(name))
            QVERIFY2(model.array || model.coefficients == v2.at(key).coefficients, name);
    for (const char* name : {"marsellus", "marsellus-rbe"})
        for (const auto& [key, model] : kernels(name))
            QVERIFY2(model.array || model.coefficients == nn.at(key).coefficients, name);
}

QTEST_GUILESS_MAIN(TestProfileReader)
#include "tst_profile_reader.moc"
