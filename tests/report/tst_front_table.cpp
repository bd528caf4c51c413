// SPDX-License-Identifier: Apache-2.0
#include "tests/project/project_fixture.h"

#include "core/hardware/profile/hardware_profile.h"
#include "core/report/front_table.h"

#include <nlohmann/json.hpp>

#include <QLocale>
#include <QtTest>

#include <clocale>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// A small RFC 4180 reader of its own.
std::vector<QStringList> readCsv(const std::string& text)
{
    std::vector<QStringList> rows(1);
    QString field;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inside && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            field += '"';
            ++i;
        } else if (c == '"') {
            inside = !inside;
        } else if (!inside && (c == ',' || c == '\r')) {
            rows.back() << field;
            field.clear();
        } else if (!inside && c == '\n') {
            rows.emplace_back();
        } else {
            field += c;
        }
    }
    rows.pop_back();
    return rows;
}

} // namespace

class TestFrontTable : public QObject {
    Q_OBJECT

    std::shared_ptr<const Network> m_network;
    std::unique_ptr<CostModel> m_model;
    std::vector<DesignPoint> m_points;

    DesignPoint point(std::int64_t id, int weight_bits, int bits, Accuracy accuracy)
    {
        auto result = makePoint(*m_network, weight_bits, bits);
        result.id = id;
        result.accuracies = {accuracy};
        return result;
    }

private Q_SLOTS:
    void initTestCase()
    {
        std::setlocale(LC_ALL, "de_DE.UTF-8"); // where it exists, a comma for the dot
        m_network = openNetwork("zoo:resnet8?width=32");
        m_model = std::make_unique<CostModel>(m_network, openProfile("pulp-open-xpulpnn"));
        m_points = {point(1, 8, 8, {Rung::Integer, DataRole::Test, 9000, 10000}),
                    point(2, 2, 2, {Rung::Integer, DataRole::Test, 6001, 10000}),
                    point(3, 8, 8, {Rung::Integer, DataRole::Test, 8999, 10000}),
                    point(4, 4, 4, {Rung::Integer, DataRole::Validation, 5000, 5000}),
                    point(5, 4, 4, {Rung::Fake, DataRole::Test, 10000, 10000})};
        DesignPoint reference;
        reference.id = 6;
        reference.provenance.method = "float, \"ours\"";
        reference.accuracies = {{Rung::Float, DataRole::Test, 9999, 10000}};
        m_points.push_back(reference);
    }

    void onlyComparableAccuraciesMakeTheFront()
    {
        const auto rows = frontTable(m_points, *m_model);
        QCOMPARE(rows.size(), m_points.size());
        const std::vector<bool> expected{true, true, false, false, false, false};
        for (std::size_t i = 0; i < rows.size(); ++i)
            QCOMPARE(rows[i].on_front, bool(expected[i]));
    }

    void withoutIntegersTheFakeRungCounts()
    {
        const std::vector<DesignPoint> points{
            point(1, 8, 8, {Rung::Fake, DataRole::Validation, 9, 10}),
            point(2, 8, 8, {Rung::Fake, DataRole::Validation, 8, 10}), m_points[5]};
        const auto rows = frontTable(points, *m_model);
        QVERIFY(rows[0].on_front && !rows[1].on_front && !rows[2].on_front);
    }

    void deviceAndIntegerAreNotMixed()
    {
        const std::vector<DesignPoint> points{
            point(1, 8, 8, {Rung::Integer, DataRole::Validation, 90, 100}),
            point(2, 2, 2, {Rung::Device, DataRole::Test, 99, 100})};
        const auto rows = frontTable(points, *m_model);
        QVERIFY(rows[0].on_front && !rows[1].on_front);
        QCOMPARE(rows[1].accuracy->correct, 99); // shown all the same
    }

    /// A point of a search that runs, or that was cancelled, has no test accuracy.
    void untestedPointsAreComparedOnValidation()
    {
        auto first = point(1, 8, 8, {Rung::Integer, DataRole::Validation, 910, 1000});
        first.accuracies.push_back({Rung::Integer, DataRole::Test, 900, 1000});
        std::vector<DesignPoint> points{first};
        QCOMPARE(frontTable(points, *m_model)[0].accuracy->correct, 900);
        points.push_back(point(2, 2, 2, {Rung::Integer, DataRole::Validation, 920, 1000}));
        auto rows = frontTable(points, *m_model);
        QVERIFY(!rows[0].on_front && rows[1].on_front);
        QVERIFY(rows[0].accuracy->role == DataRole::Validation);
        QVERIFY(frontJson(rows).find("\"validation\"") != std::string::npos);
        points[1].accuracies.push_back({Rung::Integer, DataRole::Test, 890, 1000});
        rows = frontTable(points, *m_model);
        QVERIFY(rows[0].on_front && rows[1].on_front);
        QVERIFY(rows[0].accuracy->role == DataRole::Test);
    }

    void csvHasTheColumns()
    {
        const auto text = frontCsv(frontTable(m_points, *m_model));
        const auto rows = readCsv(text);
        QCOMPARE(rows.size(), m_points.size() + 1);
        QCOMPARE(rows[0].join(','),
                 QString("point_id,method,accuracy,accuracy_rung,n_samples,ci_low,ci_high,profile,"
                         "latency_cycles,latency_ms,energy_uj,weight_bytes,peak_l1_bytes,"
                         "peak_l2_bytes,bops,on_front,bits,measured_latency_cycles,"
                         "measured_stale"));
        for (const auto& row : rows)
            QCOMPARE(row.size(), 19);
        const auto& second = rows[2];
        const auto cost = m_model->cost(m_points[1].assignment);
        QCOMPARE(second[2], QString("0.6001"));
        QCOMPARE(second[3], QString("integer"));
        QCOMPARE(second[8].toDouble(), cost.latency_cycles);
        QCOMPARE(second[9].toDouble(), cost.latency_ms);
        QCOMPARE(second[11].toLongLong(), qlonglong(cost.weight_bytes));
        QCOMPARE(second[15], QString("true"));
        QVERIFY(fromBitsJson(*m_network, second[16].toStdString(), "csv") ==
                m_points[1].assignment);
        QCOMPARE(rows[6][1], QString("float, \"ours\""));
        QCOMPARE(rows[6][8], QString());
        QCOMPARE(rows[6][16], QString());
    }

    /// Measured cycles stand beside the promised ones, and rank where they are asked for.
    void measuredCyclesRank()
    {
        const auto& profile = m_model->profile();
        const auto run = [&](std::size_t point, std::uint64_t cycles) {
            return makeRun(*m_network, m_points[point], profile.name(), profile.hash(), cycles);
        };
        // By promise points 1 and 2 are the front. Point 1 turns out to be the fastest.
        std::vector<MeasuredRun> runs = {run(0, 900), run(0, 100), run(1, 500), run(2, 90)};
        runs[3].profile_hash = "another text";
        auto other_bits = run(1, 1);
        other_bits.bits = runs[0].bits;
        runs.push_back(other_bits); // later, but stale
        auto rows = frontTable(m_points, *m_model, runs);
        QVERIFY(rows[0].on_front && rows[1].on_front);
        QCOMPARE(rows[0].measured->measured_cycles, std::uint64_t(100)); // the latest
        QCOMPARE(rows[1].measured->measured_cycles, std::uint64_t(500));
        QVERIFY(!rows[1].measured_stale && rows[2].measured_stale && !rows[3].measured);

        rows = frontTable(m_points, *m_model, runs, FrontRank::Measured);
        QVERIFY(rows[0].on_front && !rows[1].on_front); // slower and less accurate
        QVERIFY(!rows[2].ranked_cycles && !rows[3].ranked_cycles);
        const auto csv = readCsv(frontCsv(rows));
        QCOMPARE(csv[1].mid(17), QStringList({"100", "false"}));
        QCOMPARE(csv[3].mid(17), QStringList({"90", "true"}));
        QCOMPARE(csv[4].mid(17), QStringList({"", ""}));
        const auto json = nlohmann::json::parse(frontJson(rows))["points"];
        QCOMPARE(json[0]["measured_latency_cycles"].get<int>(), 100);
        QCOMPARE(json[0]["measured_date"].get<std::string>(), std::string("2026-12-01T02:03:04Z"));
        QVERIFY(json[2]["measured_stale"].get<bool>());
        QVERIFY(json[3]["measured_latency_cycles"].is_null() &&
                json[3]["measured_runner"].is_null());
    }

    void jsonHasTheColumns()
    {
        const auto rows = frontTable(m_points, *m_model);
        const auto points = nlohmann::json::parse(frontJson(rows))["points"];
        QCOMPARE(points.size(), m_points.size());
        const auto header = readCsv(frontCsv({}))[0];
        for (const auto& name : header)
            QVERIFY(points[0].contains(name.toStdString()));
        QCOMPARE(points[0]["accuracy"].get<double>(), 0.9);
        QCOMPARE(points[0]["on_front"].get<bool>(), true);
        QVERIFY(points[0]["bits"].is_object());
        QVERIFY(points[5]["latency_cycles"].is_null());
    }
};

QTEST_GUILESS_MAIN(TestFrontTable)
#include "tst_front_table.moc"
