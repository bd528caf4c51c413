// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_explanation.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/open/open_network.h"
#include "tests/hardware/test_networks.h"

#include <QtTest>

#include <cmath>
#include <functional>

using namespace bitdial;

namespace {

using Fields = HardwareProfile::Fields;

std::shared_ptr<const HardwareProfile> changed(const std::function<void(Fields&)>& change)
{
    Fields fields = openProfile("pulp-open-xpulpv2")->fields();
    change(fields);
    return std::make_shared<const HardwareProfile>(std::move(fields));
}

bool near(double a, double b)
{
    return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

/// Of residualNetwork's second layer (16 to 16 channels, 28 x 28, 3 x 3) at 8/8/8.
MeasuredEntry entry(double cycles, int count)
{
    return {cycles, count, {}, "a table"};
}

MeasuredKey convKey(MeasuredScope scope, const std::string& layer)
{
    const KernelWork work{LayerKind::Conv, {8, 8, 8}, 16, 28, 28, 16, 28, 28, 3, 3, {1, 1, 1, 1}};
    MeasuredKey key = measuredKey(work, 1);
    key.scope = scope;
    key.layer = layer;
    return key;
}

} // namespace

class TestCostExplanation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void breakdownAddsUp();
    void stepsAreTheCostsOfOtherWidths();
    void rooflineBoundsWhatIsAttained();
    void noLayerIsAboveItsRoof();
    void infeasibleLayerSaysWhy();
    void measuredKernelReplacesCompute();
    void measuredLayerReplacesLatency();
    void energyOfStates();
    void energyOfOperations();
    void freeWidthsCostNothing();
};

void TestCostExplanation::breakdownAddsUp()
{
    for (const auto& network : {residualNetwork(), largeNetwork()}) {
        const CostModel model(network, openProfile("pulp-open-xpulpv2"));
        const BitAssignment bits = BitAssignment::uniform(*network, 8, 8);
        const NetworkCost cost = model.cost(bits);
        for (int i = 0; i < network->layerCount(); ++i) {
            const LayerExplanation what = model.explain(i, bits);
            QVERIFY(what.tiling.has_value());
            QCOMPARE(what.cost.latency_cycles, cost.layers[std::size_t(i)].latency_cycles);
            QCOMPARE(what.cost.l2_bytes, cost.layers[std::size_t(i)].l2_bytes);
            QCOMPARE(what.tiling->latency_cycles, what.cost.latency_cycles);
            QVERIFY(near(what.exposed_transfer_cycles + what.hidden_transfer_cycles,
                         what.cost.transfer_cycles + what.cost.l3_cycles));
            QVERIFY(near(what.cost.latency_cycles, what.cost.compute_cycles +
                                                       what.cost.overhead_cycles +
                                                       what.exposed_transfer_cycles));
            QVERIFY(what.lines.size() >= 3 + what.steps.size());
        }
    }
}

void TestCostExplanation::stepsAreTheCostsOfOtherWidths()
{
    const auto network = residualNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpnn"));
    const LayerExplanation what = model.explain(1, BitAssignment::uniform(*network, 4, 4));
    QCOMPARE(what.steps.size(), std::size_t(6)); // three widths, up and down
    for (const WidthStep& step : what.steps) {
        LayerBits bits{4, 4, 4};
        (step.operand == LayerOperand::Input     ? bits.in
         : step.operand == LayerOperand::Weights ? bits.weight
                                                 : bits.out) = step.to_bits;
        const double change =
            model.layerCost(1, bits).latency_cycles - model.layerCost(1, {4, 4, 4}).latency_cycles;
        QCOMPARE(step.latency_cycles.value_or(0), what.cost.latency_cycles + change);
        QCOMPARE(step.change_cycles, change);
        QVERIFY(near(step.change_percent, 100 * change / what.cost.latency_cycles));
    }
    // The last layer's 32-bit output has no steps; an add has no weights.
    const LayerExplanation last = model.explain(6, BitAssignment::uniform(*network, 4, 4));
    QCOMPARE(last.steps.size(), std::size_t(4));
    const LayerExplanation add = model.explain(2, BitAssignment::uniform(*network, 8, 8));
    QCOMPARE(add.steps.size(), std::size_t(2)); // input and output, one narrower each
}

void TestCostExplanation::rooflineBoundsWhatIsAttained()
{
    const auto network = residualNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpv2"));
    const BitAssignment bits = BitAssignment::uniform(*network, 8, 8);
    const LayerExplanation conv = model.explain(1, bits);
    const Roofline& roof = conv.roofline;
    const double macs = double(network->layer(1).macs());
    QVERIFY(near(roof.macs_per_cycle, macs / conv.cost.latency_cycles));
    QVERIFY(near(roof.macs_per_byte, macs / double(conv.tiling->moved_bytes)));
    QVERIFY(near(roof.bandwidth_roof, 8 * roof.macs_per_byte));
    QVERIFY(roof.macs_per_cycle < roof.attainable());
    // The published peak of these kernels is 15.5 MAC/cycle (Garofalo 2019).
    QVERIFY(roof.compute_roof > 14 && roof.compute_roof < 18);
    QCOMPARE(model.explain(2, bits).roofline.macs_per_cycle, 0.0); // an add has no MACs
}

/// On every profile, for layers of a MobileNet: nothing is faster than its kernel's roof.
void TestCostExplanation::noLayerIsAboveItsRoof()
{
    const auto network = buildZooNetwork("zoo:mobilenet-v2?resolution=96");
    const BitAssignment bits = BitAssignment::uniform(*network, 8, 8);
    for (const std::string& name : profileNames()) {
        const CostModel model(network, openProfile(name));
        for (int i = 0; i < network->layerCount(); ++i) {
            const Roofline roof = model.explain(i, bits).roofline;
            const std::string text = name + ", " + network->layer(i).name;
            QVERIFY2(roof.macs_per_cycle <= roof.compute_roof * (1 + 1e-9), text.c_str());
        }
    }
}

void TestCostExplanation::infeasibleLayerSaysWhy()
{
    const auto network = residualNetwork();
    const auto none = changed([](Fields& f) { f.kernels.erase({LayerKind::Conv, {8, 4, 8}}); });
    const CostModel model(network, none);
    const LayerExplanation refused = model.explain(1, BitAssignment::uniform(*network, 4, 8));
    QVERIFY(!refused.tiling.has_value());
    QVERIFY(refused.lines.front().find("no kernel") != std::string::npos);
    const LayerExplanation wide = model.explain(1, BitAssignment::uniform(*network, 8, 8));
    bool found = false;
    for (const WidthStep& step : wide.steps)
        found |= step.operand == LayerOperand::Weights && step.refusal == "no kernel";
    QVERIFY(found);
}

void TestCostExplanation::measuredKernelReplacesCompute()
{
    const auto network = residualNetwork();
    const auto target = changed([](Fields& f) {
        f.measured[convKey(MeasuredScope::Kernel, {})] = entry(123456, 7);
        f.l1.bytes = 200000;
    });
    const CostModel model(network, target);
    const LayerCost cost = model.layerCost(1, {8, 8, 8});
    QCOMPARE(cost.tiles, 1);
    QCOMPARE(cost.compute_cycles, 123456.0);
    QCOMPARE(cost.latency_cycles, 123456.0 + cost.transfer_cycles + cost.overhead_cycles);
    QVERIFY(cost.measured);
    QCOMPARE(cost.measured_samples, 7);
    QVERIFY(!model.layerCost(1, {8, 4, 8}).measured);
    QVERIFY(!model.layerCost(0, {8, 8, 8}).measured);
}

void TestCostExplanation::measuredLayerReplacesLatency()
{
    const auto network = residualNetwork();
    const auto target = changed([](Fields& f) {
        f.measured[convKey(MeasuredScope::Layer, {})] = entry(100000, 3);
        f.measured[convKey(MeasuredScope::Layer, "layer1")] = entry(200000, 4);
    });
    const CostModel model(network, target);
    const LayerCost cost = model.layerCost(1, {8, 8, 8});
    QCOMPARE(cost.latency_cycles, 200000.0); // its own name goes first
    QCOMPARE(cost.measured_samples, 4);
    QVERIFY(cost.measured && !cost.estimated && cost.estimate_reason.empty());
    // The parts are the model's and say so; a step compares the measured with a modelled latency.
    const LayerExplanation what = model.explain(1, BitAssignment::uniform(*network, 8, 8));
    QVERIFY(what.lines[1].find("200,000 cycles measured") != std::string::npos);
    QVERIFY(near(what.tiling->latency_cycles, what.cost.compute_cycles + what.cost.overhead_cycles +
                                                  what.exposed_transfer_cycles));
    QVERIFY(!what.steps.empty());
    for (const WidthStep& step : what.steps)
        QVERIFY(step.mixes_measured || !step.latency_cycles);
    const auto any = changed(
        [](Fields& f) { f.measured[convKey(MeasuredScope::Layer, {})] = entry(100000, 3); });
    QCOMPARE(CostModel(network, any).layerCost(1, {8, 8, 8}).latency_cycles, 100000.0);
}

void TestCostExplanation::energyOfStates()
{
    const auto network = residualNetwork();
    const auto target = changed([](Fields& f) {
        f.power = PowerModel{};
        f.power->active_mw = 50;
        f.power->transfer_mw = 20;
    });
    const CostModel model(network, target);
    const BitAssignment bits = BitAssignment::uniform(*network, 8, 8);
    const NetworkCost cost = model.cost(bits);
    double sum = 0;
    for (const LayerCost& layer : cost.layers) {
        const double active = layer.compute_cycles + layer.overhead_cycles;
        const double waiting = layer.latency_cycles - active;
        QVERIFY(waiting >= -1e-6);
        const double seconds = 1 / target->clockHz();
        QVERIFY(near(*layer.energy_uj, (0.050 * active + 0.020 * waiting) * seconds * 1e6));
        sum += *layer.energy_uj;
    }
    QVERIFY(near(*cost.energy_uj, sum));
    QCOMPARE(model.totals(bits).energy_uj, cost.energy_uj);
}

void TestCostExplanation::energyOfOperations()
{
    const auto network = residualNetwork();
    const auto target = changed([](Fields& f) {
        f.power = PowerModel{};
        f.power->kind = PowerModel::Kind::Operations;
        f.power->pj_per_mac[{8, 8}] = 2;
        f.power->pj_per_byte_l2 = 10;
        f.power->estimated = true;
    });
    const CostModel model(network, target);
    const BitAssignment bits = BitAssignment::uniform(*network, 8, 8);
    const LayerExplanation what = model.explain(1, bits);
    const double expected =
        double(network->layer(1).macs()) * 2 + double(what.tiling->moved_bytes) * 10;
    QVERIFY(near(*what.cost.energy_uj, expected * 1e-6));
    QVERIFY(what.cost.estimate_reason.find("energy") != std::string::npos);
    QVERIFY(model.cost(bits).energy_uj.has_value());
    // No figure for these widths: none is made up.
    QVERIFY(!model.cost(BitAssignment::uniform(*network, 4, 8)).energy_uj.has_value());
}

void TestCostExplanation::freeWidthsCostNothing()
{
    const auto network = residualNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpv2"));
    const BitAssignment bits = BitAssignment::uniform(*network, 4, 4);
    const double before = model.cost(bits).latency_cycles;
    const auto found = freeWidths(model, bits);
    QVERIFY(!found.empty()); // sub-byte weights cost time there
    for (const FreeWidth& width : found) {
        QVERIFY(width.to_bits > width.from_bits && width.saved_cycles >= 0);
        if (width.operand != LayerOperand::Weights)
            continue;
        BitAssignment raised = bits;
        raised.setWeightBits(width.layer, width.to_bits);
        QCOMPARE(before - model.cost(raised).latency_cycles, width.saved_cycles);
    }
}

QTEST_GUILESS_MAIN(TestCostExplanation)
#include "tst_cost_explanation.moc"
