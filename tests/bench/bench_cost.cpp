// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/open/open_network.h"
#include "core/search/raise_bits.h"

#include <QtTest>

#include <random>
#include <thread>
#include <vector>

using namespace bitdial;

namespace {

/// Points as a search leaves them: any width anywhere.
std::vector<BitAssignment> randomPoints(const Network& network, int count)
{
    constexpr int widths[] = {2, 4, 8};
    std::mt19937 random(1);
    const ActivationGroups groups(network);
    std::vector<BitAssignment> points;
    for (int i = 0; i < count; ++i) {
        BitAssignment& bits = points.emplace_back(BitAssignment::uniform(network, 8, 8));
        for (int group = 0; group < groups.count(); ++group)
            if (!groups.isFixed(group))
                groups.setBits(bits, group, widths[random() % 3]);
        for (int layer = 0; layer < network.layerCount(); ++layer)
            if (network.layer(layer).hasWeights())
                bits.setWeightBits(layer, widths[random() % 3]);
    }
    return points;
}

/// Eight targets: the PULP clusters, plain cores and accelerators alike.
std::vector<CostModel> eightModels(const std::shared_ptr<const Network>& network)
{
    std::vector<CostModel> models;
    for (const std::string& name : profileNames())
        if (models.size() < 8)
            models.emplace_back(network, openProfile(name));
    return models;
}

} // namespace

/// Cost of what the window does while the user dials, and when a profile changes.
class BenchCost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wholeNetworkFirstTime_data() { networks(); }
    void wholeNetworkFirstTime();
    void wholeNetworkAgain_data() { networks(); }
    void wholeNetworkAgain();
    void oneLayerEdit_data() { networks(); }
    void oneLayerEdit();
    void pointsOnEightProfiles_data();
    void pointsOnEightProfiles();
    void stageTwo_data() { networks(); }
    void stageTwo();
    void freeBitsOfManyPoints_data() { networks(); }
    void freeBitsOfManyPoints();

private:
    static void networks()
    {
        QTest::addColumn<QString>("network");
        QTest::newRow("fashion-resnet8") << "zoo:resnet8?resolution=28&channels=1";
        QTest::newRow("MobileNetV1 1.0/224") << "zoo:mobilenet-v1";
        QTest::newRow("MobileNetV2 1.0/224") << "zoo:mobilenet-v2";
    }
    static std::shared_ptr<const HardwareProfile> profile()
    {
        return openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json");
    }
    static CostModel model(const QString& network)
    {
        return {openNetwork(network.toStdString()), profile()};
    }
};

/// Less than 1 ms for MobileNetV2.
void BenchCost::wholeNetworkFirstTime()
{
    QFETCH(QString, network);
    const auto net = openNetwork(network.toStdString());
    const auto target = profile();
    const auto bits = BitAssignment::uniform(*net, 4, 4);
    QBENCHMARK
    {
        CostModel(net, target).cost(bits);
    }
}

/// Less than 50 us for MobileNetV2.
void BenchCost::wholeNetworkAgain()
{
    QFETCH(QString, network);
    const auto costs = model(network);
    const auto bits = BitAssignment::uniform(costs.network(), 4, 4);
    costs.cost(bits);
    QBENCHMARK
    {
        costs.cost(bits);
    }
}

/// Less than 20 us for MobileNetV2. One layer's weights go through all widths, again and again.
void BenchCost::oneLayerEdit()
{
    QFETCH(QString, network);
    const auto costs = model(network);
    const int layer = 2;
    auto bits = BitAssignment::uniform(costs.network(), 8, 8);
    int width = 8;
    QBENCHMARK
    {
        width = width == 8 ? 2 : width * 2;
        bits.setWeightBits(layer, width);
        costs.cost(bits);
    }
}

void BenchCost::pointsOnEightProfiles_data()
{
    QTest::addColumn<bool>("known");
    QTest::newRow("layers never costed before") << false;
    QTest::newRow("layers costed before") << true;
}

/// Less than 0.3 s for 10,000 points of MobileNetV2, with what was costed before.
void BenchCost::pointsOnEightProfiles()
{
    QFETCH(bool, known);
    const auto network = openNetwork("zoo:mobilenet-v2");
    const auto points = randomPoints(*network, 10000);
    const auto models = eightModels(network);
    const auto latencies = [&] {
        double sum = 0;
        for (const CostModel& costs : models)
            for (const BitAssignment& bits : points)
                sum += costs.totals(bits).latency_cycles;
        return sum;
    };
    if (known)
        latencies();
    QBENCHMARK_ONCE
    {
        latencies();
    }
}

void BenchCost::stageTwo()
{
    QFETCH(QString, network);
    const auto costs = model(network);
    const auto bits = BitAssignment::uniform(costs.network(), 2, 2);
    QBENCHMARK
    {
        raiseFreeBits(costs, bits);
    }
}

/// Less than 2 s for 1,000 points on 8 targets, on two threads.
void BenchCost::freeBitsOfManyPoints()
{
    QFETCH(QString, network);
    const auto net = openNetwork(network.toStdString());
    const auto points = randomPoints(*net, 1000);
    const auto models = eightModels(net);
    const auto raise = [&](std::size_t first) {
        for (std::size_t m = first; m < models.size(); m += 2)
            for (const BitAssignment& bits : points)
                raiseFreeBits(models[m], bits);
    };
    QBENCHMARK_ONCE
    {
        const std::jthread other(raise, 1);
        raise(0);
    }
}

QTEST_GUILESS_MAIN(BenchCost)
#include "bench_cost.moc"
