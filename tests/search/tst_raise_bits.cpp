// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/open/open_network.h"
#include "core/search/raise_bits.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

#include <optional>
#include <random>
#include <vector>

using namespace bitdial;
using namespace bitdial::test;

namespace {

const char* const networks[] = {
    "zoo:resnet8?resolution=28&channels=1",
    "zoo:mobilenet-v1?width=0.5&resolution=28&channels=1&classes=10&stem_stride=1&blocks=7"};

CostModel modelOf(const char* network, const char* profile)
{
    return {openNetwork(network),
            openProfile(std::string(BITDIAL_SOURCE_DIR "/profiles/") + profile + ".json")};
}

BitAssignment randomBits(const Network& network, unsigned seed)
{
    std::mt19937 random(seed);
    const ActivationGroups groups(network);
    auto bits = BitAssignment::uniform(network, 8, 8);
    const auto width = [&] { return 2 << (random() % 3); };
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).hasWeights())
            bits.setWeightBits(i, width());
    for (int g = 0; g < groups.count(); ++g)
        if (!groups.isFixed(g))
            groups.setBits(bits, g, width());
    return bits;
}

int sumOfBits(const Network& network, const BitAssignment& bits)
{
    int sum = 0;
    for (int i = 0; i < network.layerCount(); ++i)
        sum += bits.weightBits(i);
    for (int t = 0; t < network.tensorCount(); ++t)
        sum += bits.activationBits(t);
    return sum;
}

/// All assignments that differ by one raise.
std::vector<BitAssignment> raisesOf(const Network& network, const BitAssignment& bits)
{
    constexpr int widths[] = {2, 4, 8};
    const ActivationGroups groups(network);
    std::vector<BitAssignment> found;
    const auto bitsOf = [&](int group) {
        return bits.activationBits(groups.members(group).front());
    };
    for (int g = 0; g < groups.count(); ++g)
        for (const int width : widths) {
            if (groups.isFixed(g) || width <= bitsOf(g))
                continue;
            groups.setBits(found.emplace_back(bits), g, width);
            auto readers = found.back();
            for (const int tensor : groups.members(g))
                for (const int layer : network.tensor(tensor).consumers)
                    if (network.layer(layer).hasWeights() && bits.weightBits(layer) < width)
                        readers.setWeightBits(layer, width);
            if (readers != found.back())
                found.push_back(readers);
        }
    for (int i = 0; i < network.layerCount(); ++i)
        for (const int weight : widths) {
            if (!network.layer(i).hasWeights() || weight <= bits.weightBits(i))
                continue;
            found.emplace_back(bits).setWeightBits(i, weight);
            const int input = groups.groupOf(network.layer(i).inputs.front());
            for (const int width : widths)
                if (!groups.isFixed(input) && width > bitsOf(input)) {
                    found.emplace_back(bits).setWeightBits(i, weight);
                    groups.setBits(found.back(), input, width);
                }
        }
    return found;
}

/// None where the target has no kernel for some layer's widths.
std::optional<RaisedBits> plainRaise(const CostModel& model, const BitAssignment& start)
{
    const Network& network = model.network();
    const auto before = model.totals(start);
    if (before.infeasible)
        return std::nullopt;
    RaisedBits result{start, before.latency_cycles, before.latency_cycles, 0};
    for (;;) {
        std::optional<BitAssignment> best;
        double limit = result.latency_after_cycles;
        for (const auto& candidate : raisesOf(network, result.assignment)) {
            const auto totals = model.totals(candidate);
            const bool is_better = !best || totals.latency_cycles < limit ||
                                   sumOfBits(network, candidate) > sumOfBits(network, *best);
            if (totals.infeasible || totals.latency_cycles > limit || !is_better)
                continue;
            best = candidate;
            limit = totals.latency_cycles;
        }
        if (!best)
            return result;
        result.assignment = *best;
        result.latency_after_cycles = limit;
        ++result.steps;
    }
}

} // namespace

class TestRaiseBits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void neverSlowerNorNarrower_data();
    void neverSlowerNorNarrower();
    void findsWhatCostingTheWholeNetworkFinds_data();
    void findsWhatCostingTheWholeNetworkFinds();
    void isAFixedPoint();
    void eightBitsStay();
    void stemOfXpulpNnBecomesWide();
    void layersWithoutAKernelAreRaisedToOne();
    void aBlockIsRaisedTogether();
    void locksAreLeftAlone();
    void budgetsAreKept();
    void raisingThatSavesEnergyGoesOnAboveItsBudget();
};

void TestRaiseBits::neverSlowerNorNarrower_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<QString>("profile");
    for (const char* network : networks)
        for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
            QTest::newRow(qPrintable(QString(network).left(12) + profile)) << network << profile;
}

void TestRaiseBits::neverSlowerNorNarrower()
{
    QFETCH(QString, network);
    QFETCH(QString, profile);
    const auto model = modelOf(qPrintable(network), qPrintable(profile));
    const auto& net = model.network();
    const ActivationGroups groups(net);
    for (unsigned seed = 1; seed <= 5; ++seed) {
        const auto start = randomBits(net, seed);
        const auto raised = raiseFreeBits(model, start);
        QCOMPARE(raised.latency_before_cycles, model.cost(start).latency_cycles);
        QCOMPARE(raised.latency_after_cycles, model.cost(raised.assignment).latency_cycles);
        QVERIFY(raised.latency_after_cycles <= raised.latency_before_cycles);
        for (int i = 0; i < net.layerCount(); ++i)
            QVERIFY(raised.assignment.weightBits(i) >= start.weightBits(i));
        for (int g = 0; g < groups.count(); ++g)
            for (const int t : groups.members(g)) {
                QVERIFY(raised.assignment.activationBits(t) >= start.activationBits(t));
                QCOMPARE(raised.assignment.activationBits(t),
                         raised.assignment.activationBits(groups.members(g).front()));
            }
    }
}

/// No single weight tensor or group can be raised any more without costing latency.
void TestRaiseBits::findsWhatCostingTheWholeNetworkFinds_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<QString>("profile");
    for (const char* network :
         {networks[0], networks[1], "zoo:mobilenet-v2?resolution=64&width=0.35"})
        for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn", "gap8", "rv32imc"})
            QTest::addRow("%s on %s", network, profile) << network << profile;
}

/// The raises of the doc comment, one by one, each judged by CostModel::totals.
void TestRaiseBits::findsWhatCostingTheWholeNetworkFinds()
{
    QFETCH(QString, network);
    QFETCH(QString, profile);
    const auto model = modelOf(qPrintable(network), qPrintable(profile));
    for (unsigned seed = 1; seed <= 4; ++seed) {
        const auto start = randomBits(model.network(), seed);
        const auto raised = raiseFreeBits(model, start);
        if (raised.steps == 0 && raised.latency_before_cycles == 0)
            continue; // it cannot run there
        const auto plain = plainRaise(model, start);
        if (!plain)
            continue; // it begins with other widths, for want of a kernel
        QVERIFY(raised.assignment == plain->assignment);
        QCOMPARE(raised.latency_after_cycles, plain->latency_after_cycles);
        QCOMPARE(raised.latency_after_cycles, model.totals(raised.assignment).latency_cycles);
        QCOMPARE(raised.steps, plain->steps);
    }
}

void TestRaiseBits::isAFixedPoint()
{
    const auto model = modelOf(networks[0], "pulp-open-xpulpnn");
    const auto& net = model.network();
    const ActivationGroups groups(net);
    const auto raised = raiseFreeBits(model, randomBits(net, 7)).assignment;
    const double latency = model.cost(raised).latency_cycles;
    for (const int width : {4, 8}) {
        for (int i = 0; i < net.layerCount(); ++i) {
            auto wider = raised;
            wider.setWeightBits(i, width);
            if (net.layer(i).hasWeights() && width > raised.weightBits(i))
                QVERIFY(model.cost(wider).latency_cycles > latency);
        }
        for (int g = 0; g < groups.count(); ++g) {
            if (groups.isFixed(g) || width <= raised.activationBits(groups.members(g).front()))
                continue;
            auto wider = raised;
            groups.setBits(wider, g, width);
            QVERIFY(model.cost(wider).latency_cycles > latency);
        }
    }
}

void TestRaiseBits::eightBitsStay()
{
    const auto model = modelOf(networks[0], "pulp-open-xpulpv2");
    const auto eight = BitAssignment::uniform(model.network(), 8, 8);
    const auto raised = raiseFreeBits(model, eight);
    QVERIFY(raised.assignment == eight);
    QCOMPARE(raised.steps, 0);
}

/// On an 8-bit input, narrow weights cost XpulpNN an unpacking (measured): they must not stay.
void TestRaiseBits::stemOfXpulpNnBecomesWide()
{
    const auto model = modelOf(networks[0], "pulp-open-xpulpnn");
    const auto start = BitAssignment::uniform(model.network(), 2, 2);
    const auto raised = raiseFreeBits(model, start);
    QCOMPARE(raised.assignment.weightBits(0), 8);
    QVERIFY(raised.latency_after_cycles < raised.latency_before_cycles);
}

/// Both targets pool 8-bit maxima only: narrow activations around one must not keep a network from
/// them.
void TestRaiseBits::layersWithoutAKernelAreRaisedToOne()
{
    NetworkBuilder builder({16, 16, 16});
    const int conv = builder.conv(0, 16, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int pooled = builder.maxPool(conv, 2, 2);
    const int second = builder.conv(pooled, 16, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const auto network = builder.build(builder.linear(second, 10, Activation::None));
    for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"}) {
        const CostModel model(
            network, openProfile(std::string(BITDIAL_SOURCE_DIR "/profiles/") + profile + ".json"));
        const auto start = BitAssignment::uniform(*network, 4, 4);
        QVERIFY(!model.cost(start).infeasible_reason.empty());
        const auto raised = raiseFreeBits(model, start);
        QVERIFY(model.cost(raised.assignment).infeasible_reason.empty());
        QCOMPARE(raised.assignment.activationBits(conv), 8);
        QCOMPARE(raised.assignment.activationBits(pooled), 8);
        QCOMPARE(raised.latency_after_cycles, model.cost(raised.assignment).latency_cycles);
        QVERIFY(raised.latency_after_cycles <= raised.latency_before_cycles);
    }
}

/// Two layers that read one tensor: unequal widths are unpacked on XpulpNN, so that raising the
/// tensor alone, or with one of them, is slower. With both it is not.
void TestRaiseBits::aBlockIsRaisedTogether()
{
    const auto model = modelOf(networks[0], "pulp-open-xpulpnn");
    const auto& net = model.network();
    const ActivationGroups groups(net);
    const auto raised = raiseFreeBits(model, randomBits(net, 11)).assignment;
    const double latency = model.cost(raised).latency_cycles;
    for (int g = 0; g < groups.count(); ++g)
        for (const int width : {4, 8}) {
            if (groups.isFixed(g) || width <= raised.activationBits(groups.members(g).front()))
                continue;
            auto wider = raised;
            groups.setBits(wider, g, width);
            for (const int tensor : groups.members(g))
                for (const int layer : net.tensor(tensor).consumers)
                    if (net.layer(layer).hasWeights())
                        wider.setWeightBits(layer, std::max(width, wider.weightBits(layer)));
            QVERIFY(model.cost(wider).latency_cycles > latency);
        }
}

/// What is locked stays, and the rest is as far up as it can be beside it.
void TestRaiseBits::locksAreLeftAlone()
{
    const auto model = modelOf(networks[0], "pulp-open-xpulpv2");
    const Network& net = model.network();
    const auto start = BitAssignment::uniform(net, 2, 2);
    const auto free = raiseFreeBits(model, start).assignment;
    int locked = 0; // the first layer that would be raised
    while (free.weightBits(locked) <= 2)
        ++locked;
    const auto space =
        SearchSpace(net).locked(std::vector{WidthLock{"weights:" + net.layer(locked).name, 2}});
    const auto raised = raiseFreeBits(model, start, space);
    QVERIFY(space.holds(raised.assignment));
    QVERIFY(raised.steps > 0);
    QCOMPARE(raised.assignment.weightBits(locked), 2);
    for (const auto& more : raisesOf(net, raised.assignment))
        QVERIFY(!space.holds(more) || model.totals(more).infeasible ||
                model.totals(more).latency_cycles > raised.latency_after_cycles);
}

void TestRaiseBits::budgetsAreKept()
{
    const auto model = modelOf(networks[0], "pulp-open-xpulpv2");
    const Network& net = model.network();
    const auto start = BitAssignment::uniform(net, 2, 2);
    const auto free = raiseFreeBits(model, start).assignment;
    const double least = double(model.totals(start).weight_bytes);
    const double most = double(model.totals(free).weight_bytes);
    QVERIFY(least < most);
    const std::vector<Budget> half = {{"", CostAxis::WeightBytes, (least + most) / 2}};
    const auto kept = raiseFreeBits(model, start, SearchSpace(net), half);
    QVERIFY(double(model.totals(kept.assignment).weight_bytes) <= half[0].most);
    QVERIFY(kept.steps > 0);
    QVERIFY(kept.latency_after_cycles <= kept.latency_before_cycles);
    // One of another target, or of latency, which raising never costs, changes nothing.
    const std::vector<Budget> idle = {{"gap8", CostAxis::WeightBytes, 1},
                                      {"", CostAxis::Latency, 1e-9}};
    QVERIFY(raiseFreeBits(model, start, SearchSpace(net), idle).assignment == free);
}

/// From above a budget of energy, steps that each save some lead below it.
void TestRaiseBits::raisingThatSavesEnergyGoesOnAboveItsBudget()
{
    int tried = 0;
    for (const auto& name : profileNames()) {
        const auto model = modelOf(networks[0], name.c_str());
        const Network& net = model.network();
        const auto start = BitAssignment::uniform(net, 2, 2);
        const auto free = raiseFreeBits(model, start).assignment;
        const auto before = model.totals(start);
        const auto after = model.totals(free);
        if (before.infeasible || !before.energy_uj || *after.energy_uj > 0.9 * *before.energy_uj)
            continue;
        ++tried;
        const std::vector<Budget> budget = {{"", CostAxis::Energy, 1.001 * *after.energy_uj}};
        const auto raised = raiseFreeBits(model, start, SearchSpace(net), budget);
        QVERIFY(model.totals(raised.assignment).energy_uj.value() <= budget[0].most);
    }
    if (tried == 0)
        QSKIP("no profile's energy falls with wider operands");
}

QTEST_GUILESS_MAIN(TestRaiseBits)
#include "tst_raise_bits.moc"
