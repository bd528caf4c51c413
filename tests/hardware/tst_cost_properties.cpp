// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/open/open_network.h"
#include "tests/hardware/test_networks.h"

#include <QtTest>

#include <cmath>
#include <functional>
#include <random>

using namespace bitdial;

namespace {

constexpr const char* zoo[] = {"mobilenet-v1",       "mobilenet-v2", "resnet18",        "resnet8",
                               "resnet20",           "resnet32",     "resnet44",        "resnet56",
                               "efficientnet-lite0", "ds-cnn",       "mobilenet-v1-vww"};

using Fields = HardwareProfile::Fields;

std::shared_ptr<const HardwareProfile> changed(const HardwareProfile& profile,
                                               const std::function<void(Fields&)>& change)
{
    Fields fields = profile.fields();
    change(fields);
    return std::make_shared<const HardwareProfile>(std::move(fields));
}

bool equalTotals(const NetworkTotals& totals, const NetworkCost& cost)
{
    return totals.latency_cycles == cost.latency_cycles && totals.latency_ms == cost.latency_ms &&
           totals.energy_uj == cost.energy_uj && totals.weight_bytes == cost.weight_bytes &&
           totals.peak_l1_bytes == cost.peak_l1_bytes &&
           totals.peak_l2_bytes == cost.peak_l2_bytes && totals.bops == cost.bops &&
           totals.macs == cost.macs && totals.estimated == cost.estimated &&
           totals.infeasible == !cost.infeasible_reason.empty();
}

} // namespace

class TestCostProperties : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wholeIsTheSumOfLayers_data() { profiles(); }
    void wholeIsTheSumOfLayers();
    void knownLayersCostTheSame_data() { profiles(); }
    void knownLayersCostTheSame();
    void moreNeverCostsMore_data();
    void moreNeverCostsMore();
    void everyProfileCostsTheZoo_data() { profiles(); }
    void everyProfileCostsTheZoo();
    void equalShapesShareTheirCost();

private:
    static void profiles()
    {
        QTest::addColumn<QString>("profile");
        for (const std::string& name : profileNames())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
};

void TestCostProperties::wholeIsTheSumOfLayers()
{
    QFETCH(QString, profile);
    const auto target = openProfile(profile.toStdString());
    std::mt19937 random(1);
    for (int round = 0; round < 6; ++round) {
        const auto network = randomNetwork(random);
        const CostModel model(network, target);
        const BitAssignment bits = randomBits(*network, random);
        const NetworkCost cost = model.cost(bits);
        QVERIFY(equalTotals(model.totals(bits), cost));
        double latency = 0;
        std::int64_t weights = 0;
        for (const LayerCost& layer : cost.layers) {
            latency += layer.latency_cycles;
            weights += layer.weight_bytes;
            if (!layer.infeasible_reason.empty())
                continue;
            QVERIFY(layer.l1_bytes <= target->fields().l1.usableBytes());
            // A layer is its kernels and overheads, and those transfers that nothing hides.
            const double least = layer.compute_cycles + layer.overhead_cycles;
            const double most = least + layer.transfer_cycles + layer.l3_cycles;
            QVERIFY(layer.latency_cycles >= least * (1 - 1e-12));
            QVERIFY(layer.latency_cycles <= most * (1 + 1e-12));
        }
        QCOMPARE(cost.latency_cycles, latency);
        QCOMPARE(cost.weight_bytes, weights);
        QCOMPARE(cost.macs, network->macs());
    }
}

void TestCostProperties::knownLayersCostTheSame()
{
    QFETCH(QString, profile);
    const auto target = openProfile(profile.toStdString());
    std::mt19937 random(2);
    for (int round = 0; round < 3; ++round)
        QVERIFY(costsAsAnew(randomNetwork(random), target, 8, random));
}

void TestCostProperties::moreNeverCostsMore_data()
{
    QTest::addColumn<int>("figure");
    int figure = 0;
    for (const char* name : {"L1", "L2", "DMA bandwidth", "L3 bandwidth"})
        QTest::newRow(name) << figure++;
}

void TestCostProperties::moreNeverCostsMore()
{
    QFETCH(int, figure);
    const std::vector<std::function<void(Fields&, double)>> grow = {
        [](Fields& f, double by) { f.l1.bytes = f.l1.reserved_bytes + std::int64_t(9000 * by); },
        [](Fields& f, double by) { f.l2.bytes = f.l2.reserved_bytes + std::int64_t(90000 * by); },
        [](Fields& f, double by) { f.dma.bandwidth_bytes_per_cycle = by; },
        [](Fields& f, double by) { f.l3.bandwidth_bytes_per_cycle = 0.2 * by; }};
    std::mt19937 random(3);
    for (const char* name : {"pulp-open-xpulpv2", "pulp-open-xpulpnn", "gap9-ne16"}) {
        const auto target = openProfile(name);
        for (int round = 0; round < 4; ++round) {
            const auto network = randomNetwork(random);
            const BitAssignment bits = randomBits(*network, random);
            NetworkCost before;
            before.infeasible_reason = "not known yet";
            for (const double factor : {0.5, 0.8, 1.0, 1.3, 2.0, 2.1, 4.0, 9.0, 20.0}) {
                const auto more =
                    changed(*target, [&](Fields& f) { grow[std::size_t(figure)](f, factor); });
                const NetworkCost cost = CostModel(network, more).cost(bits);
                if (before.infeasible_reason.empty()) {
                    QVERIFY2(cost.infeasible_reason.empty(), cost.infeasible_reason.c_str());
                    QVERIFY2(cost.latency_cycles <= before.latency_cycles * (1 + 1e-12),
                             qPrintable(QString("%1, round %2, x %3: %4 then %5")
                                            .arg(name)
                                            .arg(round)
                                            .arg(factor)
                                            .arg(before.latency_cycles, 0, 'f', 1)
                                            .arg(cost.latency_cycles, 0, 'f', 1)));
                }
                before = cost;
            }
        }
    }
}

void TestCostProperties::everyProfileCostsTheZoo()
{
    QFETCH(QString, profile);
    const auto target = openProfile(profile.toStdString());
    for (const char* name : zoo) {
        const auto network = openNetwork(std::string("zoo:") + name);
        const CostModel model(network, target);
        const NetworkCost cost = model.cost(BitAssignment::uniform(*network, 8, 8));
        QCOMPARE(cost.layers.size(), network->layers().size());
        int refused = 0;
        for (const LayerCost& layer : cost.layers) {
            const auto& why = layer.infeasible_reason;
            QVERIFY(std::isfinite(layer.latency_cycles));
            QVERIFY(layer.latency_cycles > 0 || !why.empty());
            // Every target has kernels for 8 bits: only memory can be too small.
            QVERIFY2(why.empty() || why.starts_with("not even its smallest tile") ||
                         why.starts_with("its smallest tile does not fit"),
                     why.c_str());
            refused += why.empty() ? 0 : 1;
        }
        // Only ResNet-18 has layers that are too large for some: 3 x 3 on 256 and 512 channels.
        const int most_refused = std::string_view(name) == "resnet18" ? 7 : 0;
        QVERIFY2(refused <= most_refused, (std::string(name) + ": " + std::to_string(refused) +
                                           " layers, " + cost.infeasible_reason)
                                              .c_str());
    }
}

void TestCostProperties::equalShapesShareTheirCost()
{
    NetworkBuilder builder({8, 16, 16});
    const int first = builder.layer(LayerKind::Conv, {0}, 8, 3, 1);
    const int second = builder.layer(LayerKind::Conv, {first}, 8, 3, 1);
    builder.layer(LayerKind::Linear, {second}, 10, 1, 1);
    const auto network = builder.network();
    const CostModel model(network, openProfile("pulp-open-xpulpv2"));
    for (const int width : {2, 4, 8}) {
        const LayerBits bits{8, width, 8};
        QCOMPARE(model.layerCost(0, bits).latency_cycles, model.layerCost(1, bits).latency_cycles);
    }
    // Widths that do not exist are refused, not taken for others.
    QVERIFY_THROWS_EXCEPTION(std::exception, model.layerCost(0, {8, 3, 8}));
    QVERIFY_THROWS_EXCEPTION(std::exception, model.layerCost(0, {64, 8, 8}));
}

QTEST_GUILESS_MAIN(TestCostProperties)
#include "tst_cost_properties.moc"
