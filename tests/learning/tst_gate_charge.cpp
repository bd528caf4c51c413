// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/hardware_profile.h"
#include "core/learning/gate_charge.h"
#include "core/network/open/open_network.h"

#include <ATen/ATen.h>

#include <QtTest>

#include <random>

using namespace bitdial;

namespace {

/// Probabilities of a network's gates, as tensors and as plain numbers.
struct Gates {
    Gates(const Network& network, const ActivationGroups& groups)
    {
        std::mt19937 random(3);
        std::uniform_real_distribution<float> chance(0.05F, 0.95F);
        const auto add = [&](auto& numbers, auto& tensors) {
            numbers.push_back({chance(random), chance(random)});
            tensors.push_back(at::tensor({numbers.back()[0], numbers.back()[1]}));
        };
        for (int i = 0; i < network.layerCount(); ++i)
            add(weight_numbers, weights);
        for (int g = 0; g < groups.count(); ++g)
            add(group_numbers, tied);
    }
    std::vector<std::array<float, 2>> weight_numbers, group_numbers;
    std::vector<at::Tensor> weights, tied;
};

std::array<double, 3> exactly(const std::array<float, 2>& p)
{
    return {1 - double(p[0]), double(p[0]) * (1 - double(p[1])), double(p[0]) * double(p[1])};
}

} // namespace

class TestGateCharge : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bopsAreMacsTimesExpectedWidths();
    void latencyIsTheExpectedTable();
};

void TestGateCharge::bopsAreMacsTimesExpectedWidths()
{
    const auto network = openNetwork("zoo:resnet8?resolution=28&channels=1");
    const ActivationGroups groups(*network);
    const Gates gates(*network, groups);
    std::int64_t largest = 0;
    for (const auto& layer : network->layers())
        largest = std::max(largest, layer.macs());
    double expected = 0;
    for (int i = 0; i < network->layerCount(); ++i) {
        const auto& layer = network->layer(i);
        if (!layer.hasWeights())
            continue;
        const auto& w = gates.weight_numbers[std::size_t(i)];
        double bits = 4.0 * w[0] + 8.0 * w[0] * w[1];
        const int group = groups.groupOf(layer.inputs[0]);
        if (!groups.isFixed(group)) {
            const auto& a = gates.group_numbers[std::size_t(group)];
            bits += 4.0 * a[0] + 8.0 * a[0] * a[1];
        }
        expected += bits * double(layer.macs()) / double(largest);
    }
    const auto sum = bopsCharge(bopsCharges(*network, groups), gates.weights, gates.tied);
    QVERIFY(std::abs(sum.item<double>() - expected) < 1e-4 * expected);
}

void TestGateCharge::latencyIsTheExpectedTable()
{
    const CostModel model(openNetwork("zoo:resnet8?resolution=28&channels=1"),
                          openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json"));
    const auto& network = model.network();
    const ActivationGroups groups(network);
    const Gates gates(network, groups);
    const auto charges = latencyCharges(model, groups);
    const auto cycles = [&](int i, int a, int w) {
        return model
            .layerCost(i, {2 << a, 2 << w, network.layer(i).output == network.output() ? 32 : 8})
            .latency_cycles;
    };
    double largest = 0;
    for (const auto& charge : charges)
        for (int a = charge.group < 0 ? 2 : 0; a < 3; ++a)
            for (int w = 0; w < 3; ++w)
                largest = std::max(largest, cycles(charge.layer, a, w));
    double expected = 0;
    for (const auto& charge : charges) {
        double least = 1e300;
        double mean = 0;
        const auto pw = exactly(gates.weight_numbers[std::size_t(charge.layer)]);
        for (int a = charge.group < 0 ? 2 : 0; a < 3; ++a)
            for (int w = 0; w < 3; ++w) {
                const double share = cycles(charge.layer, a, w) / largest;
                least = std::min(least, share);
                const double pa =
                    charge.group < 0
                        ? 1.0
                        : exactly(gates.group_numbers[std::size_t(charge.group)])[std::size_t(a)];
                mean += pa * pw[std::size_t(w)] * share;
            }
        expected += mean - least;
    }
    const auto sum = latencyCharge(charges, gates.weights, gates.tied);
    QVERIFY(std::abs(sum.item<double>() - expected) < 1e-4 * expected);
}

QTEST_GUILESS_MAIN(TestGateCharge)
#include "tst_gate_charge.moc"
