// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/hardware/fit/kernel_fit.h"
#include "core/hardware/fit/nnls.h"
#include "core/hardware/fit/profile_comparison.h"
#include "core/hardware/fit/profile_fit.h"
#include "core/hardware/model/tiler.h"
#include "core/hardware/profile/fields.h"

#include <QtTest>

#include <cmath>
#include <random>
#include <sstream>

using namespace bitdial;

namespace {

const std::string folder = BITDIAL_SOURCE_DIR "/profiles/";

std::vector<MeasuredCycles> table(const std::string& name)
{
    const std::string path = folder + "measured/" + name + ".csv";
    return parseMeasuredCycles(readTextFile(path), path);
}

const std::string layer_header =
    "kind,cores,in_h,in_w,in_c,out_h,out_w,out_c,k_h,k_w,stride,pad,bits_in,bits_out,bits_w,"
    "cycles,layer\n";

double limitOf(LayerKind kind)
{
    switch (kind) {
    case LayerKind::Conv:
        return 0.018; // filters that are no whole words, and few channels, among them
    case LayerKind::Linear:
        return 0.015;
    case LayerKind::DepthwiseConv:
        return 0.01;
    default:
        return 0.006;
    }
}

} // namespace

class TestProfileFit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nonNegativeLeastSquares();
    void checkedInProfilesFollowTheMeasurements_data();
    void checkedInProfilesFollowTheMeasurements();
    void checkedInProfilesComeFromTheFit();
    void narrowResultsCostALittleMore_data() { checkedInProfilesFollowTheMeasurements_data(); }
    void narrowResultsCostALittleMore();
    void fitImprovesOnAnotherPlatform();
    void everyDmaRowIsPredicted();
    void tauFollowsItsDefinition();
    void skippedRowsAreCounted();
    void tablesOfWholeLayersSaySo();
    void geometriesKeepTheirOrder();
    void badTables_data();
    void badTables();
};

void TestProfileFit::nonNegativeLeastSquares()
{
    // Exact solution (2, 0, 3); then one whose free solution would be negative in the first column.
    const std::vector<double> rows = {1, 1, 0, 0, 1, 1, 1, 0, 1, 2, 1, 1};
    const std::vector<double> x = solveNonNegative(rows, 3, std::vector<double>{2, 3, 5, 7});
    QVERIFY(std::abs(x[0] - 2) < 1e-9 && std::abs(x[1]) < 1e-9 && std::abs(x[2] - 3) < 1e-9);
    const std::vector<double> y =
        solveNonNegative(std::vector<double>{1, 1, 1, 2, 1, 3}, 2, std::vector<double>{0, 1, 2});
    QCOMPARE(y[0], 0.0);
    QVERIFY(std::abs(y[1] - 8.0 / 14.0) < 1e-9);
}

void TestProfileFit::checkedInProfilesFollowTheMeasurements_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("XpulpV2") << "pulp-open-xpulpv2";
    QTest::newRow("XpulpNN") << "pulp-open-xpulpnn";
}

void TestProfileFit::checkedInProfilesFollowTheMeasurements()
{
    QFETCH(QString, name);
    const auto profile = openProfile(folder + name.toStdString() + ".json");
    const auto rows = predictRows(*profile, table(name.toStdString())).rows;
    QVERIFY(kindsOf(rows).size() >= 2);
    for (const LayerKind kind : kindsOf(rows)) {
        const ErrorSummary errors = summarizeErrors(rowsOfKind(rows, kind));
        qInfo("%s: %d rows, mean error %.2f %%, worst %.1f %%", layerKindName(kind), errors.rows,
              100 * errors.mape, 100 * errors.worst);
        QVERIFY(errors.mape < limitOf(kind));
    }
}

void TestProfileFit::checkedInProfilesComeFromTheFit()
{
    const auto v2 = openProfile(folder + "pulp-open-xpulpv2.json");
    const ProfileFit fit =
        fitProfile(*v2, table("pulp-open-xpulpv2"), {{}, "measured/pulp-open-xpulpv2.csv", ""});
    QCOMPARE(QString::fromStdString(fit.text), QString::fromStdString(v2->text()));
    for (const FitQuality& family : fit.families) {
        QCOMPARE(family.unseen.rows, family.fitted.rows);
        QVERIFY(family.unseen.mape >= family.fitted.mape);
        QVERIFY(family.unseen.mape < 2 * limitOf(family.kind));
        QVERIFY(family.unseen.percentile95 < 0.1);
        QVERIFY(family.unseen.kendall_tau > 0.97);
    }
    const auto nn = openProfile(folder + "pulp-open-xpulpnn.json");
    const ProfileFit other =
        fitProfile(*nn, table("pulp-open-xpulpv2"),
                   {{LayerKind::Add, LayerKind::AveragePool},
                    "measured/pulp-open-xpulpv2.csv, whose library has the same sources but for "
                    "the prefix",
                    ""});
    const ProfileFit own =
        fitProfile(*parseProfile(other.text, "fitted"), table("pulp-open-xpulpnn"),
                   {{}, "measured/pulp-open-xpulpnn.csv", ""});
    QCOMPARE(QString::fromStdString(own.text), QString::fromStdString(nn->text()));
}

/// Kernels differ by their results' width in packing alone. Those with few rows or none, too: some
/// tables have them for one number of filters only.
void TestProfileFit::narrowResultsCostALittleMore()
{
    QFETCH(QString, name);
    const auto profile = openProfile(folder + name.toStdString() + ".json");
    const auto& kernels = profile->fields().kernels;
    const auto cycles = [&](int in, int weight, int out) {
        const KernelWork work{
            LayerKind::Conv, {in, weight, out}, 14, 14, 64, 14, 14, 160, 1, 1, {}};
        return kernelCycles(kernels.at({work.kind, work.bits}), work, profile->cores());
    };
    for (const int in : {2, 4, 8})
        for (const int weight : {2, 4, 8})
            for (const int out : {2, 4}) {
                const double ratio = cycles(in, weight, out) / cycles(in, weight, 8);
                QVERIFY2(
                    ratio > 0.98 && ratio < 1.2,
                    qPrintable(QString("%1/%2/%3: %4").arg(in).arg(weight).arg(out).arg(ratio)));
            }
}

void TestProfileFit::fitImprovesOnAnotherPlatform()
{
    // XpulpNN's table stands for a user's own board: before the fit the profile is far off.
    const auto v2 = openProfile(folder + "pulp-open-xpulpv2.json");
    const auto rows = table("pulp-open-xpulpnn");
    const ProfileFit fit = fitProfile(*v2, rows, {{}, "a test", ""});
    const auto fitted = parseProfile(fit.text, "fitted");
    QVERIFY(v2->fields().measured_with.has_value());
    QVERIFY(!fitted->fields().measured_with); // of a test's table nobody says it
    const auto convErrors = [&rows](const HardwareProfile& profile) {
        return summarizeErrors(rowsOfKind(predictRows(profile, rows).rows, LayerKind::Conv));
    };
    QVERIFY(convErrors(*v2).mape > 0.2);
    QVERIFY(convErrors(*fitted).mape < 0.03);
}

void TestProfileFit::everyDmaRowIsPredicted()
{
    const DmaModel dma = openProfile(folder + "pulp-open-xpulpv2.json")->fields().dma;
    std::istringstream lines(readTextFile(folder + "measured/dma.csv"));
    std::string line;
    std::getline(lines, line);
    double sum = 0;
    int count = 0;
    int off = 0;
    while (std::getline(lines, line)) {
        const QStringList cells = QString::fromStdString(line).split(',');
        const double bytes = cells[1].toDouble();
        const double parts = cells[3].toDouble();
        const double cycles = dmaCycles(dma, bytes / parts, parts, cells[0] == "L1toL2");
        const double error = std::abs(cycles / cells[7].toDouble() - 1);
        // The core that waits looks every 6 cycles: six rows are one look off.
        QVERIFY2(error < 0.03 || std::abs(cycles - cells[7].toDouble()) <= 6, line.c_str());
        off += error >= 0.03 ? 1 : 0;
        sum += error;
        ++count;
    }
    QCOMPARE(count, 128);
    QCOMPARE(off, 6);
    QVERIFY(sum / count < 0.01);
}

/// Against Kendall's definition, pair by pair, on few values (many ties) and on many.
void TestProfileFit::tauFollowsItsDefinition()
{
    std::mt19937 random(7);
    const auto sign = [](double a, double b) { return (a > b) - (a < b); };
    for (const int values : {1, 2, 5, 40, 100000})
        for (const std::size_t size : {1, 2, 3, 10, 257, 500}) {
            std::vector<PredictedRow> rows(size);
            for (PredictedRow& row : rows) {
                row.measured_cycles = 1 + double(random() % unsigned(values));
                row.predicted_cycles =
                    random() % 2 == 0 ? row.measured_cycles : double(random() % unsigned(values));
            }
            double difference = 0;
            double untied_measured = 0;
            double untied_predicted = 0;
            for (const PredictedRow& a : rows)
                for (const PredictedRow& b : rows) {
                    const int measured = sign(a.measured_cycles, b.measured_cycles);
                    const int predicted = sign(a.predicted_cycles, b.predicted_cycles);
                    difference += measured * predicted;
                    untied_measured += measured != 0;
                    untied_predicted += predicted != 0;
                }
            const double scale = std::sqrt(untied_measured * untied_predicted);
            const double tau = scale > 0 ? difference / scale : 0;
            QVERIFY(std::abs(summarizeErrors(rows).kendall_tau - tau) < 1e-12);
        }
}

void TestProfileFit::skippedRowsAreCounted()
{
    const auto profile = openProfile(folder + "pulp-open-xpulpv2.json");
    const std::string csv = layer_header + "conv,8,8,8,16,8,8,32,3,3,1,1,8,8,4,100,\n" +
                            "conv,4,8,8,16,8,8,32,3,3,1,1,8,8,4,100,\n" +
                            "conv,8,8,8,16,8,8,32,3,3,1,1,8,8,4,100,features.0\n" +
                            "conv,8,8,8,16,8,8,32,3,3,1,1,8,8,4,100,features.1\n" +
                            "add,8,8,8,16,8,8,16,1,1,1,0,8,8,4,100,\n" +
                            "conv,8,8,8,16,8,8,32,3,3,1,1,7,8,4,100,\n" +
                            "conv,8,8,8,16,8,8,32,3,3,1,1,3,8,4,100,\n";
    const Predictions predictions = predictRows(*profile, parseMeasuredCycles(csv, "t.csv"));
    QCOMPARE(predictions.rows.size(), std::size_t(1));
    QCOMPARE(predictions.rows[0].row, std::size_t(0));
    QCOMPARE(predictions.skipped.other_cores, 1);
    QCOMPARE(predictions.skipped.whole_layers, 2);
    QCOMPARE(predictions.skipped.no_kernel, 3);
    QCOMPARE(predictions.skipped.text(), std::string("measured with other cores: 1, whole layers: "
                                                     "2, no such kernel in the profile: 3"));
}

void TestProfileFit::tablesOfWholeLayersSaySo()
{
    const auto profile = openProfile("gap9");
    const std::string cores = std::to_string(profile->cores());
    const std::string layer = "conv," + cores + ",8,8,16,8,8,32,3,3,1,1,8,8,8,100,features.0\n";
    const std::string other = "conv,1,8,8,16,8,8,32,3,3,1,1,8,8,8,100,\n";
    const auto refusal = [&](const std::string& rows, bool fit) {
        const auto read = parseMeasuredCycles(layer_header + rows, "t.csv");
        try {
            if (fit)
                fitProfile(*profile, read, {{}, "t.csv", ""});
            else
                predictRows(*profile, read);
        } catch (const Error& error) {
            return QString(error.what());
        }
        return QString();
    };
    for (const bool fit : {false, true}) {
        QVERIFY(refusal(layer + layer, fit).contains("all rows measure whole layers"));
        QVERIFY(refusal(other, fit).contains("on its " + QString::fromStdString(cores) + " cores"));
    }
    QVERIFY(
        refusal(layer + other, false).contains("measured with other cores: 1, whole layers: 1"));
}

/// The folds of the cross-validation go by the order in which geometries appear.
void TestProfileFit::geometriesKeepTheirOrder()
{
    const std::vector<MeasuredCycles> rows = table("pulp-open-xpulpv2");
    MeasuredRows pointers;
    std::vector<Geometry> seen;
    for (std::size_t i = 0; i < rows.size(); i += 7) {
        pointers.push_back(&rows[i]);
        if (std::find(seen.begin(), seen.end(), rows[i].geometry()) == seen.end())
            seen.push_back(rows[i].geometry());
    }
    const auto numbers = numberGeometries(pointers);
    QCOMPARE(numbers.size(), seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i)
        QCOMPARE(numbers.at(seen[i]), i);
}

void TestProfileFit::badTables_data()
{
    QTest::addColumn<QString>("csv");
    QTest::addColumn<QString>("message");
    const QString header = "kind,cores,in_h,in_w,in_c,out_h,out_w,out_c,k_h,k_w,stride,pad,bits_in,"
                           "bits_out,bits_w,cycles\n";
    QTest::newRow("column") << "kind,cores\nconv,8\n"
                            << "in_h";
    QTest::newRow("empty") << header << "no rows";
    QTest::newRow("number") << header + "conv,8,1,1,8,1,1,8,1,1,1,0,8,8,8,-3\n"
                            << "t.csv:2";
    QTest::newRow("kind") << header + "convv,8,1,1,8,1,1,8,1,1,1,0,8,8,8,3\n"
                          << "'conv'";
    QTest::newRow("dimension") << header + "conv,8,2147483647,1,8,1,1,8,1,1,1,0,8,8,8,3\n"
                               << "'2147483647' is no in_h [t.csv:2]: a whole number from 1 to "
                                  "16777216 is expected";
    QTest::newRow("dimension above") << header + "conv,8,1,1,8,1,16777217,8,1,1,1,0,8,8,8,3\n"
                                     << "'16777217' is no out_w";
    QTest::newRow("pad") << header + "conv,8,1,1,8,1,1,8,1,1,1,0/0/0/16777217,8,8,8,3\n"
                         << "'16777217' is no pad";
    QTest::newRow("taps") << header + "conv,8,1,1,8,1,1,8,65536,65536,1,0,8,8,8,3\n"
                          << "k_h x k_w is 4294967296 [t.csv:2]";
    QTest::newRow("map") << header + "conv,8,1,1,8,4097,4097,8,1,1,1,0,8,8,8,3\n"
                         << "out_h x out_w is 16785409";
    QTest::newRow("cells") << header + "conv,8\n"
                           << "2 cells";
}

void TestProfileFit::badTables()
{
    QFETCH(QString, csv);
    QFETCH(QString, message);
    try {
        parseMeasuredCycles(csv.toStdString(), "t.csv");
        QFAIL("accepted");
    } catch (const Error& error) {
        QVERIFY2(QString(error.what()).contains(message), error.what());
        QCOMPARE(error.code(), ErrorCode::BadInput);
    }
}

QTEST_GUILESS_MAIN(TestProfileFit)
#include "tst_profile_fit.moc"
