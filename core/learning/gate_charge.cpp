// SPDX-License-Identifier: Apache-2.0
#include "core/learning/gate_charge.h"

#include "core/network/network.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace bitdial {
namespace {

/// 4 P(z1) + 8 P(z1) P(z2); the 2 bits underneath are free.
at::Tensor expectedWidth(const at::Tensor& open)
{
    return 4 * open[0] + 8 * open[0] * open[1];
}

/// Probabilities of exactly 2, 4 and 8 bits.
at::Tensor exactly(const at::Tensor& open)
{
    return at::stack({1 - open[0], open[0] * (1 - open[1]), open[0] * open[1]});
}

} // namespace

std::vector<LayerCharge> bopsCharges(const Network& network, const ActivationGroups& groups)
{
    std::vector<LayerCharge> charges;
    double largest = 1;
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto& layer = network.layer(i);
        if (!layer.hasWeights())
            continue;
        const int group = groups.groupOf(layer.inputs.front());
        charges.push_back({i, groups.isFixed(group) ? -1 : group, double(layer.macs()), {}});
        largest = std::max(largest, charges.back().macs);
    }
    for (auto& charge : charges)
        charge.macs /= largest;
    return charges;
}

std::vector<LayerCharge> latencyCharges(const CostModel& model, const ActivationGroups& groups)
{
    auto charges = bopsCharges(model.network(), groups);
    double largest = 1;
    for (auto& charge : charges)
        for (int a = 0; a < 3; ++a)
            for (int w = 0; w < 3; ++w) {
                const bool reachable = charge.group >= 0 || a == 2;
                const auto& network = model.network();
                const int out = isRawOutput(network, network.layer(charge.layer).output) ? 32 : 8;
                const LayerBits bits{2 << a, 2 << w, out};
                double& cell = charge.latency[std::size_t(a)][std::size_t(w)];
                cell = reachable && model.hasKernel(charge.layer, bits)
                           ? model.layerCost(charge.layer, bits).latency_cycles
                           : -1;
                largest = std::max(largest, cell);
            }
    for (auto& charge : charges) {
        double least = 1;
        for (auto& row : charge.latency)
            for (double& cell : row) {
                cell = cell < 0 ? 1 : cell / largest;
                least = std::min(least, cell);
            }
        for (auto& row : charge.latency)
            for (double& cell : row)
                cell -= least;
    }
    return charges;
}

at::Tensor bopsCharge(const std::vector<LayerCharge>& charges,
                      const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& groups)
{
    at::Tensor sum = at::zeros({}, at::kFloat);
    for (const auto& charge : charges) {
        at::Tensor width = expectedWidth(weights[std::size_t(charge.layer)]);
        if (charge.group >= 0)
            width = width + expectedWidth(groups[std::size_t(charge.group)]);
        sum = sum + charge.macs * width;
    }
    return sum;
}

at::Tensor latencyCharge(const std::vector<LayerCharge>& charges,
                         const std::vector<at::Tensor>& weights,
                         const std::vector<at::Tensor>& groups)
{
    at::Tensor sum = at::zeros({}, at::kFloat);
    const at::Tensor eight_bits = at::tensor({0.0F, 0.0F, 1.0F});
    for (const auto& charge : charges) {
        const auto in = charge.group >= 0 ? exactly(groups[std::size_t(charge.group)]) : eight_bits;
        const auto weight = exactly(weights[std::size_t(charge.layer)]);
        for (int a = 0; a < 3; ++a)
            for (int w = 0; w < 3; ++w)
                sum = sum + charge.latency[std::size_t(a)][std::size_t(w)] * in[a] * weight[w];
    }
    return sum;
}

} // namespace bitdial
