// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/cost_model.h"
#include "core/hardware/hardware_profile.h"
#include "core/network/open_network.h"
#include "core/search/raise_bits.h"

#include <QtTest>

using namespace bitdial;

/// Cost of what the window does while the user dials.
class BenchCost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneLayerEdit_data() { networks(); }
    void oneLayerEdit();
    void wholeNetworkFirstTime_data() { networks(); }
    void wholeNetworkFirstTime();
    void stageTwo_data() { networks(); }
    void stageTwo();

private:
    static void networks()
    {
        QTest::addColumn<QString>("network");
        QTest::newRow("fashion-resnet8") << "zoo:resnet8?resolution=28&channels=1";
        QTest::newRow("MobileNetV1 1.0/224") << "zoo:mobilenet-v1";
    }
    static CostModel model(const QString& network)
    {
        return {openNetwork(network.toStdString()),
                openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json")};
    }
};

/// Each edit is a change of one layer's weights that the model has not seen before for half the
/// edits; then both directions are known.
void BenchCost::oneLayerEdit()
{
    QFETCH(QString, network);
    const auto costs = model(network);
    const int layer = 2;
    auto bits = BitAssignment::uniform(costs.network(), 8, 8);
    auto cost = costs.cost(bits);
    int width = 8;
    QBENCHMARK
    {
        auto edited = bits;
        width = width == 8 ? 2 : width * 2;
        edited.setWeightBits(layer, width);
        cost = costs.recost(cost, bits, edited);
        bits = edited;
    }
}

void BenchCost::wholeNetworkFirstTime()
{
    QFETCH(QString, network);
    const auto net = openNetwork(network.toStdString());
    const auto profile = openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json");
    const auto bits = BitAssignment::uniform(*net, 4, 4);
    QBENCHMARK
    {
        CostModel(net, profile).cost(bits);
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

QTEST_GUILESS_MAIN(BenchCost)
#include "bench_cost.moc"
