// SPDX-License-Identifier: Apache-2.0
// Overheads that are fitted to programs: known ones are found again, the checked-in tables are met,
// and damaged tables are refused.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/hardware/fit/program_fit.h"
#include "core/hardware/profile/fields.h"

#include <QtTest>

#include <random>

using namespace bitdial;

namespace {

const std::string header =
    "layer,tiles,transfers,requests,spreads,spread_lines,spread_bytes,spread_word_bytes,"
    "kernel_cycles,exposed_transfer_cycles,measured_kernel_cycles,cycles\n";

std::vector<ProgramRow> rowsWith(const Overheads& overhead, double program_cycles)
{
    std::mt19937 random(5);
    const auto pick = [&](int most) { return double(random() % unsigned(most + 1)); };
    std::vector<ProgramRow> rows;
    for (int i = 0; i < 60; ++i) {
        ProgramRow row;
        row.layer = "layer" + std::to_string(i);
        row.work = {1 + pick(8), pick(30), 0, pick(4), pick(60), pick(3000), pick(3000), 0};
        row.work.kernel_cycles = 1000 + pick(100000);
        row.exposed_transfer_cycles = pick(3000);
        row.measured_kernel_cycles = row.work.kernel_cycles * (1 + overhead.kernel_fraction);
        const ProgramWork& work = row.work;
        row.cycles = row.measured_kernel_cycles + row.exposed_transfer_cycles +
                     overhead.layer_cycles + work.tiles * overhead.tile_cycles +
                     work.transfers * program_cycles + work.spreads * overhead.spread_cycles +
                     work.spread_lines * overhead.spread_line_cycles +
                     work.spread_bytes * overhead.spread_byte_cycles +
                     work.spread_word_bytes * overhead.spread_word_byte_cycles;
        rows.push_back(row);
    }
    return rows;
}

bool near(double found, double expected)
{
    return std::abs(found - expected) < 0.002 * std::abs(expected) + 0.1;
}

} // namespace

class TestProgramFit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsKnownOverheads();
    void checkedInTables_data();
    void checkedInTables();
    void tooFewRows();
    void badTables_data();
    void badTables();
};

void TestProgramFit::findsKnownOverheads()
{
    Overheads known;
    known.layer_cycles = 400;
    known.tile_cycles = 700;
    known.kernel_fraction = 0.02;
    known.spread_cycles = 900;
    known.spread_line_cycles = 35;
    known.spread_byte_cycles = 3;
    known.spread_word_byte_cycles = 1.5;
    const auto profile = openProfile("pulp-open-xpulpv2");
    const ProgramFit fit = fitProgram(*profile, rowsWith(known, 80), "a test");
    const auto fitted = parseProfile(fit.text, "fitted");
    const Overheads& found = fitted->fields().overhead;
    QVERIFY(near(found.layer_cycles, known.layer_cycles));
    QVERIFY(near(found.tile_cycles, known.tile_cycles));
    QVERIFY(near(found.kernel_fraction, known.kernel_fraction));
    QVERIFY(near(found.spread_cycles, known.spread_cycles));
    QVERIFY(near(found.spread_line_cycles, known.spread_line_cycles));
    QVERIFY(near(found.spread_byte_cycles, known.spread_byte_cycles));
    QVERIFY(near(found.spread_word_byte_cycles, known.spread_word_byte_cycles));
    QVERIFY(near(fitted->fields().dma.program_cycles, 80));
    // No row has requests of L3: their figure stays.
    QCOMPARE(fitted->fields().l3.program_cycles, profile->fields().l3.program_cycles);
    QVERIFY(fit.worst_error_cycles < 10);
}

void TestProgramFit::checkedInTables_data()
{
    QTest::addColumn<QString>("library");
    QTest::newRow("XpulpV2") << "xpulpv2";
    QTest::newRow("XpulpNN") << "xpulpnn";
}

/// The profiles come from these tables, and meet them.
void TestProgramFit::checkedInTables()
{
    QFETCH(QString, library);
    const auto profile = openProfile(("pulp-open-" + library).toStdString());
    const std::string table = ("measured/program-" + library + ".csv").toStdString();
    const std::string path = BITDIAL_SOURCE_DIR "/profiles/" + table;
    const auto rows = parseProgramRows(readTextFile(path), path);
    const ProgramFit fit = fitProgram(
        *profile, rows, table + ", whole programs on GVSoC 15a0a8f pulp-open, 2026-12-01");
    QCOMPARE(QString::fromStdString(fit.text), QString::fromStdString(profile->text()));
    qInfo("%d layers: mean error %.0f cycles, 95 %% within %.0f, worst %.0f", fit.rows,
          fit.mean_error_cycles, fit.within_95_cycles, fit.worst_error_cycles);
    QVERIFY(fit.rows > 300);
    QVERIFY(fit.mean_error_cycles < 400);
    QVERIFY(fit.within_95_cycles < 1000);
}

void TestProgramFit::tooFewRows()
{
    auto rows = rowsWith({}, 80);
    rows.resize(7);
    const auto profile = openProfile("pulp-open-xpulpv2");
    QVERIFY_EXCEPTION_THROWN(fitProgram(*profile, rows, "a test"), Error);
}

void TestProgramFit::badTables_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const QString columns = QString::fromStdString(header);
    QTest::newRow("empty") << QString() << "The table is empty";
    QTest::newRow("column missing") << QString(columns).replace("tiles,", "") << "'tiles'";
    QTest::newRow("column twice") << QString(columns).replace("layer,", "layer,tiles,") << "twice";
    QTest::newRow("short row") << columns + "a,1,2\n"
                               << "t.csv:2";
    QTest::newRow("no number") << columns + "a,1,x,0,0,0,0,0,5,0,5,9\n"
                               << "'x' is no transfers";
    QTest::newRow("negative") << columns + "a,1,-1,0,0,0,0,0,5,0,5,9\n"
                              << "a number from 0 to";
    QTest::newRow("NaN") << columns + "a,1,nan,0,0,0,0,0,5,0,5,9\n"
                         << "a number from 0 to";
    QTest::newRow("huge") << columns + "a,1,1e300,0,0,0,0,0,5,0,5,9\n"
                          << "a number from 0 to";
    QTest::newRow("kernels above all") << columns + "a,1,1,0,0,0,0,0,5,0,50,9\n"
                                       << "longer";
}

void TestProgramFit::badTables()
{
    QFETCH(QString, text);
    QFETCH(QString, says);
    try {
        parseProgramRows(text.toStdString(), "t.csv");
        QFAIL("accepted");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::BadInput);
        QVERIFY2(QString(error.what()).contains(says), error.what());
    }
}

QTEST_GUILESS_MAIN(TestProgramFit)
#include "tst_program_fit.moc"
