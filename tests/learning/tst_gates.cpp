// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/hardware_profile.h"
#include "core/learning/gate_charge.h"
#include "core/learning/gate_search.h"
#include "core/learning/gates.h"
#include "core/learning/initial_parameters.h"
#include "core/network/open/open_network.h"
#include "tests/learning/halves.h"

#include <ATen/ATen.h>

#include <QtTest>

#include <cmath>
#include <numeric>
#include <random>

using namespace bitdial;
using namespace bitdial::test;

namespace {

void setLogits(const Gates& gates, float first, float second)
{
    float* values = gates.logits().data_ptr<float>();
    values[0] = first;
    values[1] = second;
}

/// P(z > 0) of a hard-concrete gate, Louizos 2018, equation 12, with beta 1/2, gamma -0.1,
/// zeta 1.1.
double openProbability(double logit)
{
    return 1 / (1 + std::exp(-(logit - 0.5 * std::log(0.1 / 1.1))));
}

WidthSet setOf(int mask)
{
    WidthSet set;
    for (int i = 0; i < 3; ++i)
        if ((mask >> i) % 2 == 1)
            set.add(2 << i);
    return set;
}

std::shared_ptr<const Network> smallNetwork()
{
    const auto network =
        openNetwork("zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&classes=2&blocks=2");
    return network->withParameters(initialParameters(*network, 5));
}

GateSearchOptions quick(double strength)
{
    GateSearchOptions options;
    options.strength = strength;
    options.steps = 24;
    options.batch_size = 16;
    options.gate_learning_rate = 0.5;
    return options;
}

BitAssignment gatesOf(const std::shared_ptr<const Network>& network,
                      const GateSearchOptions& options, const SearchSpace& space,
                      const CostModel* model = nullptr)
{
    const auto data = halvesData();
    const Calibration calibration(network, data.calibration);
    return searchGates(network, calibration, data.train, options, space, model, {});
}

} // namespace

class TestGates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void areOpenAsOftenAsTheySay();
    void noiseDependsOnItsKeyAlone();
    void onesThatAreHeldStay_data();
    void onesThatAreHeldStay();
    void chargesFallWithTheirGradient_data();
    void chargesFallWithTheirGradient();
    void noStrengthKeepsAllEight();
    void greatStrengthLeavesTwo_data();
    void greatStrengthLeavesTwo();
    void locksHold();
};

void TestGates::areOpenAsOftenAsTheySay()
{
    constexpr int draws = 40000;
    std::vector<int> samples(draws);
    std::iota(samples.begin(), samples.end(), 0);
    int step = 0;
    for (const float logit : {-3.0F, -1.2F, 0.0F, 0.7F, 2.0F}) {
        const Gates gates(WidthSet::all());
        setLogits(gates, logit, -logit);
        const at::NoGradGuard no_gradient;
        const at::Tensor values = gates.draw(GateNoise(3).rows(++step, 7, samples)).contiguous();
        for (int gate = 0; gate < 2; ++gate) {
            const double p = openProbability(gate == 0 ? logit : -logit);
            QVERIFY(std::abs(gates.openProbability()[gate].item<double>() - p) < 1e-6);
            const double open = (values.select(1, gate) > 0).sum().item<double>() / draws;
            QVERIFY(std::abs(open - p) < 4 * std::sqrt(p * (1 - p) / draws)); // four sigma
        }
        QVERIFY(values.min().item<float>() >= 0 && values.max().item<float>() <= 1);
    }
}

void TestGates::noiseDependsOnItsKeyAlone()
{
    const GateNoise noise(5);
    const std::vector<int> batch = {9, 2, 400, 2};
    const at::Tensor whole = noise.rows(3, 1, batch);
    for (int i = 0; i < 4; ++i) // in parts as in one
        QVERIFY(
            at::equal(noise.rows(3, 1, std::span(batch).subspan(std::size_t(i), 1))[0], whole[i]));
    QVERIFY(at::equal(whole[1], whole[3]) && !at::equal(whole[0], whole[1]));
    QVERIFY(!at::equal(noise.rows(4, 1, batch), whole));
    QVERIFY(!at::equal(noise.rows(3, 2, batch), whole));
    QVERIFY(!at::equal(GateNoise(6).rows(3, 1, batch), whole));
    QVERIFY(at::equal(noise.row(3, 1), noise.row(3, 1)));
    // Uncorrelated: the gates of a row, neighbouring samples, steps, tensors and seeds.
    std::vector<int> samples(20000);
    std::iota(samples.begin(), samples.end(), 0);
    const at::Tensor base = noise.rows(0, 0, samples);
    const auto correlation = [](const at::Tensor& a, const at::Tensor& b) {
        return (((a - a.mean()) * (b - b.mean())).mean() / (a.std() * b.std())).item<double>();
    };
    const auto first = base.select(1, 0);
    const double limit = 4 / std::sqrt(20000.0); // four sigma
    QVERIFY(std::abs(correlation(first, base.select(1, 1))) < limit);
    QVERIFY(std::abs(correlation(first.slice(0, 1), first.slice(0, 0, 19999))) < limit);
    QVERIFY(std::abs(correlation(first, noise.rows(1, 0, samples).select(1, 0))) < limit);
    QVERIFY(std::abs(correlation(first, noise.rows(0, 1, samples).select(1, 0))) < limit);
    QVERIFY(std::abs(correlation(first, GateNoise(6).rows(0, 0, samples).select(1, 0))) < limit);
}

void TestGates::onesThatAreHeldStay_data()
{
    QTest::addColumn<int>("mask");
    for (int mask = 1; mask < 8; ++mask)
        QTest::newRow(qPrintable(QString::number(mask))) << mask;
}

/// Whatever is trained, a width that is not there is never chosen, and each that is can be.
void TestGates::onesThatAreHeldStay()
{
    QFETCH(int, mask);
    const WidthSet widths = setOf(mask);
    const Gates gates(widths);
    WidthSet chosen;
    for (const float first : {-9.0F, 9.0F})
        for (const float second : {-9.0F, 9.0F}) {
            setLogits(gates, first, second);
            chosen.add(gates.openBits());
        }
    QVERIFY(chosen == widths);
    QVERIFY(!Gates(WidthSet()).exist());
}

void TestGates::chargesFallWithTheirGradient_data()
{
    QTest::addColumn<bool>("latency");
    QTest::newRow("bops") << false;
    QTest::newRow("latency") << true;
}

/// Autograd through probabilities and charge, against differences of the charge itself in doubles'
/// stead: central ones of width 0.02 on float32 sums.
void TestGates::chargesFallWithTheirGradient()
{
    QFETCH(bool, latency);
    const CostModel model(smallNetwork(),
                          openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json"));
    const SearchSpace space(model.network());
    const auto charges = latency ? latencyCharges(model, space.groups())
                                 : bopsCharges(model.network(), space.groups());
    std::vector<Gates> weights;
    std::vector<Gates> groups;
    for (int i = 0; i < model.network().layerCount(); ++i)
        weights.emplace_back(space.weightWidths(i));
    for (int g = 0; g < space.groups().count(); ++g)
        groups.emplace_back(space.groupWidths(g));
    std::mt19937 random(1);
    std::uniform_real_distribution<float> logit(-1.5F, 1.5F);
    for (auto* list : {&weights, &groups})
        for (auto& gates : *list)
            if (gates.exist())
                setLogits(gates, logit(random), logit(random));
    const auto charge = [&] {
        const auto open = [](const std::vector<Gates>& list) {
            std::vector<at::Tensor> values;
            for (const auto& gates : list)
                values.push_back(gates.exist() ? gates.openProbability() : at::Tensor());
            return values;
        };
        return latency ? latencyCharge(charges, open(weights), open(groups))
                       : bopsCharge(charges, open(weights), open(groups));
    };
    charge().backward();
    bool any = false;
    for (auto* list : {&weights, &groups})
        for (auto& gates : *list)
            for (int k = 0; gates.exist() && gates.logits().grad().defined() && k < 2; ++k) {
                float& value = gates.logits().data_ptr<float>()[k];
                const float before = value;
                constexpr float step = 0.02F;
                value = before + step;
                const double above = charge().item<double>();
                value = before - step;
                const double below = charge().item<double>();
                value = before;
                const double slope = gates.logits().grad()[k].item<double>();
                QVERIFY(std::abs((above - below) / (2.0 * step) - slope) <
                        1e-3 + 0.01 * std::abs(slope));
                any = any || std::abs(slope) > 0.01;
                if (!latency)
                    QVERIFY(slope >= 0); // more bits cost more
            }
    QVERIFY(any);
}

/// Nothing presses for few bits: all gates stay as they begin, open.
void TestGates::noStrengthKeepsAllEight()
{
    const auto network = smallNetwork();
    auto options = quick(0);
    options.gate_learning_rate = 0.02;
    QVERIFY(gatesOf(network, options, SearchSpace(*network)) ==
            BitAssignment::uniform(*network, 8, 8));
}

void TestGates::greatStrengthLeavesTwo_data()
{
    chargesFallWithTheirGradient_data();
}

void TestGates::greatStrengthLeavesTwo()
{
    QFETCH(bool, latency);
    const auto network = smallNetwork();
    const CostModel model(network,
                          openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json"));
    auto options = quick(1000);
    options.charge = latency ? GateCharge::Latency : GateCharge::Bops;
    const auto bits = gatesOf(network, options, SearchSpace(*network), &model);
    const ActivationGroups groups(*network);
    if (!latency) { // all that is charged: what no layer with weights reads is not
        for (int i = 0; i < network->layerCount(); ++i) {
            if (!network->layer(i).hasWeights())
                continue;
            QCOMPARE(bits.weightBits(i), 2);
            const int input = network->layer(i).inputs.front();
            QCOMPARE(bits.activationBits(input), groups.isFixed(groups.groupOf(input)) ? 8 : 2);
        }
        return;
    }
    // Latency does not fall with every bit, but no layer costs more than at 8/8.
    for (int i = 0; i < network->layerCount(); ++i) {
        if (!network->layer(i).hasWeights())
            continue;
        auto widths = bits.layerBits(*network, i);
        widths.out = isRawOutput(*network, network->layer(i).output) ? 32 : 8;
        auto eight = widths;
        eight.in = eight.weight = 8;
        QVERIFY(model.layerCost(i, widths).latency_cycles <=
                model.layerCost(i, eight).latency_cycles);
    }
}

void TestGates::locksHold()
{
    const auto network = smallNetwork();
    const std::vector<WidthLock> locks = {{"weights:depthwise", 4}, {"last", 8}};
    const auto space = SearchSpace(*network).locked(locks);
    for (const double strength : {0.0, 1000.0}) {
        const auto bits = gatesOf(network, quick(strength), space);
        QVERIFY(space.holds(bits));
        QCOMPARE(bits.weightBits(network->layerCount() - 1), 8);
        for (int i = 0; i < network->layerCount(); ++i)
            if (network->layer(i).kind == LayerKind::DepthwiseConv)
                QCOMPARE(bits.weightBits(i), 4);
    }
}

QTEST_GUILESS_MAIN(TestGates)
#include "tst_gates.moc"
