// SPDX-License-Identifier: Apache-2.0
// What layers save beside each other: the cost model's choice of tiles against all choices, and
// that every account of a network gives the same cycles.
#include "core/hardware/model/cost_model.h"
#include "core/hardware/model/layer_costs.h"
#include "core/hardware/model/layer_link.h"
#include "core/hardware/model/memory_plan.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/measured_table.h"
#include "tests/hardware/test_networks.h"

#include <QtTest>

#include <random>

using namespace bitdial;

namespace {

/// The least latency of all combinations of the layers' options.
double exhaustive(const Network& network, const HardwareProfile::Fields& profile,
                  const BitAssignment& bits)
{
    const MemoryPlanner planner(network, profile);
    const LayerCosts costs(network, profile);
    const LayerLinks links(network, profile);
    const MemoryPlan plan = planner.plan(bits);
    std::vector<const KnownCost*> known;
    for (int i = 0; i < network.layerCount(); ++i)
        known.push_back(&costs.known(i, planner.layerBits(bits, i), planner.externalData(plan, i)));
    double best = 1e300;
    for (unsigned choice = 0; choice < 1U << known.size(); ++choice) {
        const auto option = [&](std::size_t i) -> const CostOption& {
            return known[i]->options[choice >> i & 1];
        };
        bool possible = true;
        double sum = 0;
        for (std::size_t i = 0; i < known.size() && possible; ++i) {
            possible = int(choice >> i & 1) < known[i]->count;
            if (!possible)
                break;
            sum += option(i).latency_cycles;
            if (i == 0)
                continue;
            const LinkedPair pair = links.pair(int(i), option(i - 1).tiling, option(i).tiling,
                                               plan.weights_in_l3, plan.tensor_in_l3);
            // A layer measured whole was measured where it stands.
            if (!known[i - 1]->measured_whole)
                sum += pair.first.latency_cycles;
            if (!known[i]->measured_whole)
                sum += pair.second.latency_cycles;
        }
        if (possible)
            best = std::min(best, sum);
    }
    return best;
}

} // namespace

class TestLayerLink : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void choiceIsTheBest();
    void chainStaysInL1();
    void branchIsStored();
    void measuredLayersStay();
};

void TestLayerLink::choiceIsTheBest()
{
    std::mt19937 random(3);
    int linked = 0;
    for (const char* name : {"pulp-open-xpulpv2", "pulp-open-xpulpnn", "gap8", "rv32imc"})
        for (int round = 0; round < 12; ++round) {
            const auto network = randomNetwork(random);
            if (network->layerCount() > 14)
                continue;
            const auto profile = openProfile(name);
            const BitAssignment bits = randomBits(*network, random);
            const CostModel model(network, profile);
            const NetworkCost cost = model.cost(bits);
            if (!cost.infeasible_reason.empty())
                continue;
            const double least = exhaustive(*network, profile->fields(), bits);
            QVERIFY(std::abs(cost.latency_cycles / least - 1) < 1e-9);
            QCOMPARE(model.totals(bits).latency_cycles, cost.latency_cycles);
            for (const LayerProgram& program : model.programs(bits))
                linked += program.link.anyResident() ? 1 : 0;
        }
    QVERIFY(linked > 5);
}

/// A small map between two layers of one tile is neither written to L2 nor read again.
void TestLayerLink::chainStaysInL1()
{
    const auto network = residualNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpv2"));
    const auto programs = model.programs(BitAssignment::uniform(*network, 8, 8));
    QCOMPARE(int(programs.size()), network->layerCount());
    int unstored = 0;
    for (std::size_t i = 0; i + 1 < programs.size(); ++i) {
        if (programs[i].stored)
            continue;
        ++unstored;
        QVERIFY(programs[i].keeps && programs[i + 1].link.anyResident());
        const auto& consumers = network->tensor(network->layer(int(i)).output).consumers;
        QCOMPARE(consumers, std::vector<int>{int(i) + 1});
    }
    QVERIFY(unstored > 0);
    QVERIFY(programs.back().stored);
}

/// What a later layer reads as well goes to L2 although it also stays in L1.
void TestLayerLink::branchIsStored()
{
    const auto network = residualNetwork();
    const CostModel model(network, openProfile("pulp-open-xpulpv2"));
    const auto programs = model.programs(BitAssignment::uniform(*network, 4, 4));
    for (int i = 0; i < network->layerCount(); ++i) {
        const auto& consumers = network->tensor(network->layer(i).output).consumers;
        if (consumers.size() > 1)
            QVERIFY(programs[std::size_t(i)].stored);
    }
}

/// A layer that was measured whole takes what was measured, whatever stands beside it; its
/// neighbours still save what they save.
void TestLayerLink::measuredLayersStay()
{
    const auto network = residualNetwork();
    const auto rows = parseMeasuredCycles(
        "kind,cores,in_h,in_w,in_c,out_h,out_w,out_c,k_h,k_w,stride,pad,bits_in,bits_out,bits_w,"
        "cycles,layer\n"
        "conv,8,28,28,16,28,28,16,3,3,1,1,8,8,8,123456,layer1\n"
        "conv,8,14,14,16,14,14,48,1,1,1,0,8,8,8,65432,layer4\n",
        "t.csv");
    const auto plain = openProfile("pulp-open-xpulpv2");
    const auto profile = parseProfile(addMeasuredTable(*plain, rows, "a board").text, "measured");
    const BitAssignment bits = BitAssignment::uniform(*network, 8, 8);
    const NetworkCost cost = CostModel(network, profile).cost(bits);
    const NetworkCost promised = CostModel(network, plain).cost(bits);
    QCOMPARE(cost.layers[1].latency_cycles, 123456.0);
    QCOMPARE(cost.layers[4].latency_cycles, 65432.0);
    QVERIFY(cost.layers[1].link_cycles == 0 && cost.layers[4].link_cycles == 0);
    QVERIFY(promised.layers[1].link_cycles != 0 && promised.layers[4].link_cycles != 0);
    QVERIFY(std::abs(cost.latency_cycles / exhaustive(*network, profile->fields(), bits) - 1) <
            1e-9);
}

QTEST_GUILESS_MAIN(TestLayerLink)
#include "tst_layer_link.moc"
