// SPDX-License-Identifier: Apache-2.0
#include "tests/widgets/view_fixture.h"
#include "widgets/charts/chart_points.h"
#include "widgets/style/figures.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <random>

using namespace bitdial;
using namespace bitdial::test;

class TestChartPoints : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void modelKeepsItsContract()
    {
        PointModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy changed(&model, &PointModel::pointsChanged);
        model.reset({target("A", 1e8)}, {pointRow(1, "uniform", 0, 0, {2}, 900)});
        model.append({pointRow(2, "hand", 0, 1, {1}, -1), pointRow(3, "hand", 0, 1, {3}, 910)});
        model.addAccuracy(2, {Rung::Integer, DataRole::Test, 800, 1000});
        model.setSelected(2);
        model.remove(2);
        QCOMPARE(model.selected(), 0);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.find(2), nullptr);
        QCOMPARE(changed.count(), 4);
        auto stored = model.find(3)->point;
        stored.id = 7;
        model.setSelected(3);
        QSignalSpy selected(&model, &PointModel::selectedChanged);
        model.replace(3, stored);
        QCOMPARE(model.selected(), 7);
        QCOMPARE(selected.count(), 1);
        QCOMPARE(model.rowOf(7), 1);
    }

    /// A read-only column beside each latency, empty where nothing was measured.
    void measuredStandsBesideThePromise()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        PointModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        auto both = pointRow(1, "uniform", 0, 0, {2, 3}, 900);
        both.measured = {MeasuredLatency{2.5, 250000, false, "gvsoc, 2026-12-01"},
                         MeasuredLatency{4.5, 450000, true, "gvsoc, 2026-11-01; stale: x"}};
        model.reset({target("A", 1e8), target("B", 1e8)},
                    {both, pointRow(2, "hand", 0, 1, {1, 1}, 800)});
        QCOMPARE(model.columnCount(), PointModel::FirstTarget + 4);
        const auto header = [&](int column) {
            return model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        };
        QCOMPARE(header(PointModel::latencyColumn(1)), QString("B"));
        QCOMPARE(header(PointModel::measuredColumn(1)), QString("B, measured"));
        const auto shown = [&](int row, int column, int role = Qt::DisplayRole) {
            return model.index(row, column).data(role).toString();
        };
        QCOMPARE(shown(0, PointModel::latencyColumn(0)), milliseconds(2));
        QCOMPARE(shown(0, PointModel::measuredColumn(0)), milliseconds(2.5));
        QCOMPARE(shown(0, PointModel::latencyColumn(1)), milliseconds(3));
        QCOMPARE(shown(0, PointModel::measuredColumn(1)), milliseconds(4.5) + " (stale)");
        QCOMPARE(shown(0, PointModel::measuredColumn(0), Qt::ToolTipRole),
                 QString("250,000 cycles (gvsoc, 2026-12-01)"));
        QCOMPARE(shown(0, PointModel::latencyColumn(0), Qt::ToolTipRole), QString());
        for (int t = 0; t < 2; ++t)
            QVERIFY(!model.index(1, PointModel::measuredColumn(t)).data().isValid());
        QVERIFY(!(model.flags(model.index(0, PointModel::measuredColumn(0))) & Qt::ItemIsEditable));
    }

    /// Against the definition: on the front is what no other measured point beats.
    void frontIsTheDefinition()
    {
        std::mt19937 random(4);
        for (int round = 0; round < 50; ++round) {
            PointModel model;
            std::vector<PointRow> rows;
            for (int i = 1; i <= 30; ++i)
                rows.push_back(pointRow(i, "free-bits", 2, 0, {double(random() % 400 + i * 1e-3)},
                                        int(random() % 1000)));
            model.reset({target("A", 1e8)}, rows);
            const auto chart = chartPoints(model, 0);
            QCOMPARE(chart.points.size(), rows.size());
            for (const auto& point : chart.points) {
                const bool beaten = std::ranges::any_of(chart.points, [&](const ChartPoint& other) {
                    return other.latency_ms < point.latency_ms && other.top1 >= point.top1;
                });
                QCOMPARE(point.mark.on_front, !beaten);
            }
        }
    }

    void onlyOneKindIsCompared()
    {
        PointModel model;
        model.reset({target("A", 1e8)},
                    {pointRow(1, "free-bits", 1, 0, {1}, 999, Rung::Fake, DataRole::Validation),
                     pointRow(2, "free-bits", 2, 1, {2}, 900), pointRow(3, "hand", 0, 0, {3}, -1),
                     pointRow(4, "hand", 0, 0, {-1}, 950)});
        const auto chart = chartPoints(model, 0);
        QCOMPARE(chart.points.size(), std::size_t(2));
        QCOMPARE(chart.front, std::vector<int>{1});
        QVERIFY(!chart.points[0].mark.comparable);
        QCOMPARE(chart.unmeasured, 1);
        QCOMPARE(chart.unable, 1);
        QCOMPARE(chart.links.size(), std::size_t(1));
        QCOMPARE(chart.links[0].from, 0);
        QCOMPARE(chart.links[0].to, 1);
        QCOMPARE(chart.kind->rung, Rung::Integer);
        model.setRungChoice(Rung::Fake);
        QCOMPARE(chartPoints(model, 0).front, std::vector<int>{0});
    }

    void deviceAndIntegerAreNotMixed()
    {
        PointModel model;
        model.reset({target("A", 1e8)},
                    {pointRow(1, "hand", 0, 0, {2}, 900, Rung::Integer, DataRole::Validation),
                     pointRow(2, "hand", 0, 0, {1}, 990, Rung::Device)});
        const auto chart = chartPoints(model, 0);
        QCOMPARE(chart.front, std::vector<int>{0});
        QVERIFY(chart.points[0].mark.comparable && !chart.points[1].mark.comparable);
        QSignalSpy shown(&model, &PointModel::dataChanged);
        model.setRungChoice(Rung::Integer); // the same kind; the second point shows nothing now
        QCOMPARE(shown.count(), 1);
        QVERIFY(!model.index(1, PointModel::Top1).data().isValid());
        model.setRungChoice(Rung::Device);
        QCOMPARE(chartPoints(model, 0).front.size(), std::size_t(1));
        QCOMPARE(model.frontKind()->rung, Rung::Device);
    }

    /// The front grows while a second search runs, keeps the points of a cancelled one, and what is
    /// plotted is always of the kind that it compares.
    void theFrontGrowsDuringASecondSearch()
    {
        PointModel model;
        auto first = pointRow(1, "uniform", 0, 0, {2}, 900);
        first.point.accuracies.push_back({Rung::Integer, DataRole::Validation, 910, 1000});
        auto reference = pointRow(9, "float", 0, 0, {}, 940, Rung::Float);
        reference.point.accuracies.push_back({Rung::Float, DataRole::Validation, 950, 1000});
        model.reset({target("A", 1e8)}, {first, reference});
        QCOMPARE(chartPoints(model, 0).points[0].top1, 90.0);
        QCOMPARE(chartPoints(model, 0).float_reference->correct, 940);

        model.append(
            {pointRow(2, "free-bits", 2, 0, {1}, 890, Rung::Integer, DataRole::Validation)});
        auto chart = chartPoints(model, 0);
        QCOMPARE(chart.front, (std::vector<int>{1, 0}));
        QCOMPARE(chart.kind->role, DataRole::Validation);
        QCOMPARE(chart.points[0].top1, 91.0);
        QVERIFY(chart.points[0].mark.comparable && chart.points[1].mark.comparable);
        QCOMPARE(chart.float_reference->correct, 950);
        QCOMPARE(model.index(0, PointModel::Top1).data().toString().left(2), QString("91"));

        model.addAccuracy(2, {Rung::Integer, DataRole::Test, 880, 1000});
        chart = chartPoints(model, 0);
        QCOMPARE(chart.kind->role, DataRole::Test);
        QCOMPARE(chart.front, (std::vector<int>{1, 0}));
        QCOMPARE(chart.points[0].top1, 90.0);
        QCOMPARE(chart.points[1].top1, 88.0);
    }

    void frontNeighbours()
    {
        PointModel model;
        model.reset({target("A", 1e8)},
                    {pointRow(1, "hand", 0, 0, {1}, 700), pointRow(2, "hand", 0, 0, {2}, 800),
                     pointRow(3, "hand", 0, 0, {3}, 900), pointRow(4, "hand", 0, 0, {2.5}, 100)});
        const auto chart = chartPoints(model, 0);
        const auto neighbour = [&](qint64 id, int direction) {
            const int index = chart.frontNeighbour(id, direction);
            return index < 0 ? 0 : chart.points[std::size_t(index)].id;
        };
        QCOMPARE(neighbour(0, 1), 1);
        QCOMPARE(neighbour(0, -1), 3);
        QCOMPARE(neighbour(1, 1), 2);
        QCOMPARE(neighbour(3, 1), 0);
        QCOMPARE(neighbour(1, -1), 0);
        QCOMPARE(neighbour(4, 1), 3);
        QCOMPARE(neighbour(4, -1), 2);
    }

    void aCollapsedPointDoesNotSqueezeTheFront()
    {
        PointModel model;
        model.reset({target("A", 1e8)},
                    {pointRow(1, "uniform", 0, 0, {1}, 100), pointRow(2, "hand", 0, 0, {2}, 900),
                     pointRow(3, "hand", 0, 0, {3}, 930)});
        const auto chart = chartPoints(model, 0);
        QCOMPARE(chart.front.size(), std::size_t(3));
        const auto scales = chartScales(chart);
        QVERIFY(scales.top1.low > 80);
        QVERIFY(scales.top1.high >= 93);
        QCOMPARE(scales.below, 1);
        QVERIFY(scales.latency_ms.low < 1 && scales.latency_ms.high > 3);
    }
};

QTEST_GUILESS_MAIN(TestChartPoints)
#include "tst_chart_points.moc"
