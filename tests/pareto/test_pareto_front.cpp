// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/design_point.h"
#include "core/pareto/front_kind.h"
#include "core/pareto/pareto_front.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <random>

using namespace bitdial;

namespace {

/// Candidates on a coarse grid, so that ties and duplicates happen.
std::vector<Objective> randomCandidates(std::mt19937& random, int count)
{
    std::vector<Objective> candidates;
    for (int i = 0; i < count; ++i)
        candidates.push_back({double(random() % 12), double(random() % 12)});
    return candidates;
}

/// The definition, pair by pair.
bool onFront(const std::vector<Objective>& all, std::size_t index)
{
    for (std::size_t other = 0; other < all.size(); ++other) {
        const auto& a = all[other];
        const auto& b = all[index];
        const bool no_worse = !(a.cost > b.cost) && !(a.accuracy < b.accuracy);
        const bool same = a.cost == b.cost && a.accuracy == b.accuracy;
        if (no_worse && (!same || other < index) && other != index)
            return false;
    }
    return true;
}

/// Unit squares of the grid that some candidate covers.
double coveredSquares(const std::vector<Objective>& all, int cost, int accuracy)
{
    double area = 0;
    for (int x = 0; x < cost; ++x)
        for (int y = accuracy; y < 20; ++y)
            area += std::ranges::any_of(
                all, [&](const Objective& o) { return o.cost <= x && o.accuracy >= y + 1; });
    return area;
}

} // namespace

class TestParetoFront : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void frontIsTheDefinition()
    {
        std::mt19937 random(7);
        for (int round = 0; round < 300; ++round) {
            const auto all = randomCandidates(random, int(random() % 25));
            std::vector<bool> found(all.size(), false);
            const auto front = paretoFront(all);
            double last = -1;
            for (const int index : front) {
                found[std::size_t(index)] = true;
                QVERIFY(all[std::size_t(index)].cost > last);
                last = all[std::size_t(index)].cost;
            }
            for (std::size_t i = 0; i < all.size(); ++i)
                QCOMPARE(bool(found[i]), onFront(all, i));
        }
    }

    void hypervolumeIsTheCoveredArea()
    {
        std::mt19937 random(11);
        for (int round = 0; round < 200; ++round) {
            const auto all = randomCandidates(random, int(random() % 20));
            const int cost = int(random() % 14);
            const int accuracy = int(random() % 6);
            QCOMPARE(hypervolume(all, {double(cost), double(accuracy)}),
                     coveredSquares(all, cost, accuracy));
        }
    }

    void notFiniteIsNeverOnTheFront()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const double infinity = std::numeric_limits<double>::infinity();
        const std::vector<Objective> all{
            {nan, 1}, {1, nan}, {-infinity, 0.5}, {1, infinity}, {2, 0.5}};
        QCOMPARE(paretoFront(all), std::vector<int>{4});
        QCOMPARE(hypervolume(all, {4, 0}), 1.0);
    }

    void dominationNeedsOneStrictlyBetter()
    {
        QVERIFY(!dominates({1, 1}, {1, 1}));
        QVERIFY(dominates({1, 1}, {2, 1}));
        QVERIFY(dominates({1, 2}, {1, 1}));
        QVERIFY(!dominates({1, 1}, {2, 2}));
    }

    void accuracyPrefersTestThenTheLatest()
    {
        DesignPoint point;
        QVERIFY(point.accuracy(Rung::Integer) == nullptr);
        point.accuracies = {{Rung::Integer, DataRole::Validation, 90, 100},
                            {Rung::Fake, DataRole::Test, 1, 100},
                            {Rung::Integer, DataRole::Test, 88, 100},
                            {Rung::Integer, DataRole::Test, 87, 100},
                            {Rung::Integer, DataRole::Validation, 950, 1000}};
        QCOMPARE(point.accuracy(Rung::Integer)->correct, 87);
        QCOMPARE(point.accuracy(Rung::Fake)->correct, 1);
        QVERIFY(point.accuracy(Rung::Float) == nullptr);
        QCOMPARE(point.accuracy(Rung::Integer, DataRole::Validation)->correct, 950);
        QVERIFY(point.accuracy(Rung::Fake, DataRole::Validation) == nullptr);
    }

    void allSamplesAreTheLeastEstablished()
    {
        DesignPoint point;
        point.accuracies = {{Rung::Fake, DataRole::All, 99, 100}};
        QCOMPARE(point.accuracy(Rung::Fake)->correct, 99);
        point.accuracies.push_back({Rung::Fake, DataRole::Validation, 90, 100});
        QCOMPARE(point.accuracy(Rung::Fake)->correct, 90);
        point.accuracies.push_back({Rung::Fake, DataRole::Test, 88, 100});
        QCOMPARE(point.accuracy(Rung::Fake)->correct, 88);
    }

    void frontKindOfASecondSearch()
    {
        const Accuracy validated{Rung::Integer, DataRole::Validation, 910, 1000};
        const Accuracy tested{Rung::Integer, DataRole::Test, 900, 1000};
        DesignPoint first;
        first.accuracies = {validated, tested};
        DesignPoint second;
        DesignPoint stage1;
        stage1.accuracies = {{Rung::Fake, DataRole::Validation, 950, 1000}};
        const std::vector<const DesignPoint*> points{&stage1, &first, &second};
        const AccuracyKind on_test{Rung::Integer, DataRole::Test};
        const AccuracyKind on_validation{Rung::Integer, DataRole::Validation};
        QVERIFY(frontKind(points) == on_test); // the first search has ended
        second.accuracies = {validated};
        QVERIFY(frontKind(points) == on_validation); // the second runs, or was cancelled
        QVERIFY(*shownAccuracy(first, on_validation) == validated);
        second.accuracies.push_back(tested);
        QVERIFY(frontKind(points) == on_test); // the second has ended
        QVERIFY(*shownAccuracy(first, on_test) == tested);
        QVERIFY(shownAccuracy(stage1, on_test)->rung == Rung::Fake);
        QVERIFY(frontKind(points, Rung::Fake)->rung == Rung::Fake);
        QVERIFY(shownAccuracy(stage1, std::nullopt, Rung::Integer) == nullptr);
    }

    void frontKindDoesNotMixDeviceAndInteger()
    {
        DesignPoint measured;
        measured.accuracies = {{Rung::Device, DataRole::Test, 99, 100}};
        DesignPoint computed;
        const std::vector<const DesignPoint*> points{&measured, &computed};
        QVERIFY(frontKind(points)->rung == Rung::Device);
        computed.accuracies = {{Rung::Integer, DataRole::Validation, 90, 100}};
        QVERIFY(frontKind(points)->rung == Rung::Integer);
        computed.accuracies = {};
        measured.accuracies = {{Rung::Float, DataRole::Test, 99, 100}};
        QVERIFY(!frontKind(points));
    }
};

QTEST_GUILESS_MAIN(TestParetoFront)
#include "test_pareto_front.moc"
