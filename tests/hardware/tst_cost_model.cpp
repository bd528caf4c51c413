// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/compute_model.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/kernel_dialect.h"
#include "core/network/network.h"
#include "tests/hardware/test_networks.h"

#include <QtTest>

#include <random>
#include <thread>

using namespace bitdial;

class TestCostModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void paddingRules();
    void busiestCore();
    void knownLayersCostTheSame_data();
    void knownLayersCostTheSame();
    void totalsAndLimits();
    void fastKernelsAreFast();
    void largeNetworkStreamsFromL3();
    void theBoundingEstimateMarksALayer();
    void missingKernelIsInfeasible();
    void tooLittleL1IsInfeasible();
    void threadsAgree();
};

void TestCostModel::paddingRules()
{
    QCOMPARE(paddedChannels(1), 8);
    QCOMPARE(paddedChannels(3), 8);
    QCOMPARE(paddedChannels(16), 16);
    QCOMPARE(paddedChannels(10, 32), 10);
    QCOMPARE(paddedLinearInputs({40, 1, 1}, {8, 8, 32}), 40);
    QCOMPARE(paddedLinearInputs({40, 1, 1}, {8, 2, 32}), 48);
    QCOMPARE(paddedLinearInputs({3, 5, 1}, {4, 4, 8}), 40);
    QCOMPARE(paddedLinearOutputs(10, {8, 8, 32}, 8), 10);
    QCOMPARE(paddedLinearOutputs(10, {8, 8, 8}, 8), 16);
    QCOMPARE(storedTensorBytes({3, 5, 7}, 4), 8 * 35 / 2);
    QCOMPARE(storedTensorBytes({10, 1, 1}, 32), 40);
}

void TestCostModel::busiestCore()
{
    // 7 rows on 8 cores: four groups of two rows, each of half rows; the larger half has 4 pixels.
    KernelWork conv{LayerKind::Conv, {8, 8, 8}, 16, 7, 7, 8, 7, 7, 1, 1, {}};
    const auto busiest = [](const KernelWork& work, int cores) {
        return coreShares(work, cores).features[0];
    };
    const WorkFeatures features = busiest(conv, 8);
    QCOMPARE(features[1], 2.0); // rows
    QCOMPARE(features[2], 8.0); // pixels
    QCOMPARE(features[5], 4.0); // pairs
    QCOMPARE(features[6], 8.0); // pairs x quads of filters
    conv.out_height = conv.in_height = 8;
    QCOMPARE(busiest(conv, 8)[2], 7.0);
    // Global pooling runs on one core, whatever the cores.
    const KernelWork pool{LayerKind::AveragePool, {8, 0, 8}, 64, 7, 7, 64, 1, 1, 7, 7, {}};
    QCOMPARE(busiest(pool, 8), busiest(pool, 1));
    // 16 channels of 4 bits make 8 groups for 8 cores, of 8 bits 16.
    KernelWork deep{LayerKind::DepthwiseConv, {8, 8, 8}, 16, 8, 8, 16, 8, 8, 3, 3, {1, 1, 1, 1}};
    QCOMPARE(busiest(deep, 8)[1], 2.0);
    deep.bits.weight = 4;
    QCOMPARE(busiest(deep, 8)[1], 1.0);
}

void TestCostModel::knownLayersCostTheSame_data()
{
    QTest::addColumn<bool>("large");
    QTest::addColumn<QString>("profile");
    for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"}) {
        QTest::addRow("residual %s", profile) << false << profile;
        QTest::addRow("large %s", profile) << true << profile;
    }
}

void TestCostModel::knownLayersCostTheSame()
{
    QFETCH(bool, large);
    QFETCH(QString, profile);
    const auto network = large ? largeNetwork() : residualNetwork();
    const auto target = openProfile(profile.toStdString());
    std::mt19937 random(7);
    QVERIFY(costsAsAnew(network, target, 40, random));
}

void TestCostModel::totalsAndLimits()
{
    std::mt19937 random(11);
    for (const bool large : {false, true})
        for (const char* name : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"}) {
            const auto network = large ? largeNetwork() : residualNetwork();
            const auto profile = openProfile(name);
            const CostModel model(network, profile);
            const NetworkCost cost = model.cost(randomBits(*network, random));
            QVERIFY2(cost.infeasible_reason.empty(), cost.infeasible_reason.c_str());
            double latency = 0;
            for (const LayerCost& layer : cost.layers) {
                latency += layer.latency_cycles;
                QVERIFY(layer.l1_bytes > 0 && layer.l1_bytes <= profile->fields().l1.usableBytes());
                QVERIFY(layer.l2_bytes <= profile->fields().l2.usableBytes());
                QVERIFY(layer.latency_cycles * (1 + 1e-12) >=
                        layer.compute_cycles + layer.overhead_cycles);
                QVERIFY(layer.latency_cycles >= layer.l3_cycles + layer.overhead_cycles);
                QVERIFY(layer.latency_cycles <=
                        1.000001 * (layer.compute_cycles + layer.l3_cycles + layer.transfer_cycles +
                                    layer.overhead_cycles));
                QVERIFY(layer.overhead_cycles > 0);
                // Overheads, DMA and L3 are measured: what remains are kernels of rare widths.
                QVERIFY(layer.estimate_reason.find("overhead") == std::string::npos);
                QCOMPARE(layer.estimated, !layer.estimate_reason.empty());
                QVERIFY(!layer.energy_uj.has_value());
            }
            QVERIFY(std::abs(cost.latency_cycles / latency - 1) < 1e-12);
            QVERIFY(std::abs(cost.latency_ms - latency / 1e5) < 1e-9 * latency);
            QCOMPARE(cost.macs, network->macs());
        }
}

void TestCostModel::fastKernelsAreFast()
{
    // What the measurements say: sub-byte pairs pay on XpulpNN and cost on XpulpV2.
    const auto network = residualNetwork();
    const CostModel v2(network, openProfile("pulp-open-xpulpv2"));
    const CostModel nn(network, openProfile("pulp-open-xpulpnn"));
    QVERIFY(v2.layerCost(1, {4, 4, 4}).latency_cycles > v2.layerCost(1, {8, 8, 8}).latency_cycles);
    QVERIFY(nn.layerCost(1, {4, 4, 4}).latency_cycles < nn.layerCost(1, {8, 8, 8}).latency_cycles);
    QVERIFY(nn.layerCost(1, {8, 4, 8}).latency_cycles > nn.layerCost(1, {8, 8, 8}).latency_cycles);
    for (const CostModel* model : {&v2, &nn}) {
        QVERIFY(!model->layerCost(3, {8, 8, 8}).estimated);
        QVERIFY(!model->cost(BitAssignment::uniform(*network, 8, 8)).estimated);
    }
    QVERIFY(v2.layerCost(3, {8, 2, 4}).estimate_reason.starts_with("kernel: too few"));
    QCOMPARE(v2.layerCost(1, {8, 2, 8}).weight_bytes, 16 * 16 * 9 / 4 + 16 * 8);
}

void TestCostModel::largeNetworkStreamsFromL3()
{
    const auto network = largeNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpv2"));
    const NetworkCost wide = model.cost(BitAssignment::uniform(*network, 8, 8));
    const NetworkCost narrow = model.cost(BitAssignment::uniform(*network, 2, 2));
    const LayerCost& last = wide.layers.back();
    QCOMPARE(last.bound, CostBound::L3Transfer);
    QVERIFY(last.l3_cycles > 1024 * 1000);
    QVERIFY(!last.estimated);
    QVERIFY(narrow.layers.back().latency_cycles < last.latency_cycles);
    QCOMPARE(model.layerCost(5, {8, 8, 32}).l3_cycles, 0.0);
}

/// An estimate that every layer shares marks the layers that it bounds.
void TestCostModel::theBoundingEstimateMarksALayer()
{
    auto text = openProfile("pulp-open-xpulpv2")->text();
    const std::string key = "\"layer_cycles\": ";
    const auto at = text.find(key);
    QVERIFY(at != std::string::npos);
    text.insert(at + key.size(), "90000000");
    const std::string source = "\"overhead\": {\"provenance\":\"measured\"";
    QVERIFY(text.find(source) != std::string::npos);
    text.replace(text.find(source), source.size(), "\"overhead\": {\"provenance\":\"unverified\"");
    const auto network = residualNetwork();
    const LayerCost cost = CostModel(network, parseProfile(text, "p.json")).layerCost(1, {8, 8, 8});
    QCOMPARE(cost.bound, CostBound::Overhead);
    QVERIFY(cost.estimated);
}

void TestCostModel::missingKernelIsInfeasible()
{
    NetworkBuilder b({8, 8, 8});
    const int first = b.layer(LayerKind::Linear, {0}, 32, 1, 1);
    b.layer(LayerKind::Linear, {first}, 10, 1, 1);
    const CostModel model(b.network(), openProfile("pulp-open-xpulpv2"));
    QVERIFY(model.hasKernel(0, {8, 8, 8}));
    QVERIFY(!model.hasKernel(0, {2, 4, 2}));
    QVERIFY(!model.layerCost(0, {2, 4, 2}).infeasible_reason.empty());
}

void TestCostModel::tooLittleL1IsInfeasible()
{
    std::string text = openProfile("pulp-open-xpulpv2")->text();
    const std::string old = "\"reserved_bytes\":12000";
    text.replace(text.find(old), old.size(), "\"reserved_bytes\":63000");
    const auto network = residualNetwork();
    const CostModel model(network, parseProfile(text, "small"));
    const NetworkCost cost = model.cost(BitAssignment::uniform(*network, 8, 8));
    QVERIFY(cost.infeasible_reason.find("usable L1") != std::string::npos);
    QVERIFY(cost.infeasible_reason.starts_with("layer"));
}

void TestCostModel::threadsAgree()
{
    const auto network = residualNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpnn"));
    std::vector<double> latencies(4);
    std::vector<std::thread> threads;
    for (double& latency : latencies)
        threads.emplace_back([&] {
            std::mt19937 random(3);
            for (int i = 0; i < 50; ++i)
                latency += model.cost(randomBits(*network, random)).latency_cycles;
        });
    for (std::thread& thread : threads)
        thread.join();
    for (const double latency : latencies)
        QCOMPARE(latency, latencies.front());
}

QTEST_GUILESS_MAIN(TestCostModel)
#include "tst_cost_model.moc"
