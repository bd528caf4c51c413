// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/measured_cycles.h"
#include "tests/support/text_faults.h"

#include <QRegularExpression>
#include <QTemporaryDir>

#include <algorithm>

using namespace bitdial;
using namespace bitdial::test;

namespace {

QString profileText()
{
    return QString::fromStdString(
        readTextFile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json"));
}

/// A change of a profile: what the pattern's only group matches becomes `to` ("%1" is itself).
struct Change {
    QString pattern;
    QString to;
};

struct Changed {
    QString text;
    QString place; ///< "p.json:LINE:" of the change
};

Changed changed(const Change& change)
{
    auto text = profileText();
    const QRegularExpression pattern(change.pattern,
                                     QRegularExpression::DotMatchesEverythingOption);
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return {};
    const auto at = match.capturedStart(1);
    const auto line = text.left(at).count('\n') + 1;
    const auto to = QString(change.to).replace("%1", match.captured(1));
    return {text.replace(at, match.capturedLength(1), to), QString("p.json:%1:").arg(line)};
}

/// A kernel of the list, with its cycles.
constexpr const char* first_kernel = R"("kernels":\s*\[\s*(\{[^{}]*\{[^{}]*\}[^{}]*\}))";

} // namespace

/// F20 and F21 for hardware profiles and tables of measured cycles.
class TestProfileFaults : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path file(const char* name) const
    {
        return m_folder.filePath(name).toStdString();
    }

private Q_SLOTS:
    /// F20: file, line, column and what was meant.
    void wrongProfilesAreRefused_data();
    void wrongProfilesAreRefused()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, to);
        QFETCH(QString, says);
        const auto profile = changed({pattern, to});
        QVERIFY(!profile.text.isEmpty());
        try {
            parseProfile(profile.text.toStdString(), "p.json");
            QFAIL("it was read");
        } catch (const Error& error) {
            const auto& d = error.details();
            const auto line = QString::fromStdString(error.what());
            QCOMPARE(d.code, ErrorCode::BadInput);
            QVERIFY2(line.contains(says), error.what());
            if (!to.isEmpty()) // what is missing is said where it should be
                QVERIFY2(QString::fromStdString(d.where).startsWith(profile.place), error.what());
            QVERIFY2(QRegularExpression("^p\\.json:\\d+:\\d+").match(d.where.c_str()).hasMatch(),
                     error.what());
            QVERIFY(!d.what.empty() && !d.why.empty() && !d.next.empty());
        }
    }

    /// F20: implausible, but somebody may mean it: read, with a warning that says where and why.
    void implausibleProfilesWarn_data();
    void implausibleProfilesWarn()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, to);
        QFETCH(QString, says);
        const auto profile = changed({pattern, to});
        QVERIFY(!profile.text.isEmpty());
        const auto read = parseProfile(profile.text.toStdString(), "p.json");
        const auto& warnings = read->warnings();
        const bool found = std::ranges::any_of(warnings, [&](const std::string& warning) {
            return QString::fromStdString(warning).contains(says) && warning.starts_with("p.json:");
        });
        QVERIFY2(found, warnings.empty() ? "no warning" : warnings.front().c_str());
    }

    void profileTextFaults_data() { addTextFaultRows(); }
    void profileTextFaults()
    {
        QFETCH(int, index);
        verifyTextFault(textFaults()[std::size_t(index)], profileText().toStdString(),
                        file("p.json"), [this] { openProfile(file("p.json").string()); });
    }

    void measuredCyclesTextFaults_data() { addTextFaultRows(); }
    void measuredCyclesTextFaults()
    {
        QFETCH(int, index);
        verifyTextFault(textFaults()[std::size_t(index)],
                        "kind,cores,in_h,in_w,in_c,out_h,out_w,out_c,k_h,k_w,stride,pad,bits_in,"
                        "bits_out,bits_w,cycles\n"
                        "conv,8,16,16,32,16,16,64,3,3,1,1,8,8,8,265000\n",
                        file("cycles.csv"), [this] {
                            const auto where = file("cycles.csv");
                            parseMeasuredCycles(readTextFile(where), where.string());
                        });
    }

    /// F20: sizes whose products overflow are refused where they stand.
    void measuredCyclesOfEnormousSizes()
    {
        const QStringList names = {"in_h",  "in_w", "in_c", "out_h",  "out_w",
                                   "out_c", "k_h",  "k_w",  "stride", "pad"};
        for (qsizetype i = 0; i < names.size(); ++i)
            for (const auto* size : {"16777217", "2147483647", "99999999999999999999"}) {
                QStringList cells = {"1", "1", "1", "1", "1", "1", "1", "1", "1", "0"};
                cells[i] = size;
                const auto text = names.join(',') + ",kind,cores,bits_in,bits_out,bits_w,cycles\n" +
                                  cells.join(',') + ",conv,8,8,8,8,100\n";
                try {
                    parseMeasuredCycles(text.toStdString(), "cycles.csv");
                    QFAIL("it was read");
                } catch (const Error& error) {
                    QCOMPARE(error.details().where, std::string("cycles.csv:2"));
                    QVERIFY2(QString(error.what()).contains(names[i]), error.what());
                }
            }
    }

    /// F21: rows by the million, each as small as can be.
    void measuredCyclesOfManyRows()
    {
        std::string table = "kind,cores,in_h,in_w,in_c,out_h,out_w,out_c,k_h,k_w,stride,pad,"
                            "bits_in,bits_out,bits_w,cycles\n";
        table += repeated("add,1,1,1,1,1,1,1,1,1,1,0,8,8,8,1\n", 1'000'000);
        BITDIAL_VERIFY_BOUNDED([&] { parseMeasuredCycles(table, "cycles.csv"); }, table.size(),
                               table.size(), "rows");
    }
};

void TestProfileFaults::wrongProfilesAreRefused_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* pattern, const QString& to,
                        const char* says) { QTest::newRow(name) << pattern << to << says; };
    const char* coefficient = R"("kernels":.*?"cycles":\s*\{\s*"\w+":\s*([-+.\deE]+))";
    row("F20 misspelt key", R"(("clock_hz"))", "\"clok_hz\"", "'clock_hz'");
    row("F20 misspelt key inside", R"("l1":\s*\{\s*("bytes"))", "\"byts\"", "'bytes'");
    row("F20 misspelt coefficient", R"("kernels":.*?"cycles":\s*\{[^}]*("pair"))", "\"pear\"",
        "'pair'");
    row("F20 a hostile key", R"(("clock_hz"))", "\"\\u001b[2J" + QString(100'000, 'k') + "\"",
        "\\x1B[2Jkkk");
    row("F20 missing level", R"("memory":\s*\{.*?("l2":\s*\{[^{}]*\}\s*,))", "", "'l2' is missing");
    row("F20 negative cycles", coefficient, "-1", "wrong sign");
    row("F20 cycles that are no number", coefficient, "NaN", "NaN");
    row("F20 infinite cycles", coefficient, "1e999", "1e999");
    row("F20 no cycles at all", R"("kernels":.*?"cycles":\s*(\{[^{}]*\}))", "{}",
        "costs no cycles");
    row("F20 zero clock", R"("clock_hz":\s*(\d+))", "0", "greater than 0");
    row("F20 null bandwidth", R"("bandwidth_bytes_per_cycle":\s*(\d+))", "null", "null");
    row("F20 text bandwidth", R"("bandwidth_bytes_per_cycle":\s*(\d+))", "\"8\"", "a text");
    row("F20 duplicate kernel", first_kernel, "%1,%1", "listed twice");
    row("F20 duplicate key", R"(("cores":\s*8))", "%1,%1", "twice");
    row("F20 measured with another compiler", R"("compiler":\s*("clang"))", "\"icc\"", "icc");
    row("F20 hardware loops as a word", R"("hardware_loops":\s*(true))", "\"yes\"",
        "hardware_loops");
    row("F20 misspelt simulator", R"("measured_with":\s*\{\s*("simulator"))", "\"simulater\"",
        "'simulator'");
}

void TestProfileFaults::implausibleProfilesWarn_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* pattern, const QString& to,
                        const char* says) { QTest::newRow(name) << pattern << to << says; };
    row("F20 L1 above L2", R"("l1":\s*\{\s*"bytes":\s*(\d+))", "64000000", "L1 is larger than L2");
    row("F20 megahertz", R"("clock_hz":\s*(\d+))", "100", "clock_hz is in hertz");
    row("F20 two bits slower than eight",
        R"((\{"kind":"conv","in_bits":2,"out_bits":2,"weight_bits":2,[^{}]*\{[^{}]*\}[^{}]*\}))",
        R"({"kind":"conv","in_bits":2,"out_bits":2,"weight_bits":2,"cycles":{"pair_quad_word":9999},)"
        R"("provenance":"unverified","source":"a guess"})",
        "slower than the one with 8 bits");
    row("F20 terahertz", R"("clock_hz":\s*(\d+))", "100000000000000", "clock_hz is in hertz");
}

QTEST_GUILESS_MAIN(TestProfileFaults)
#include "tst_profile_faults.moc"
