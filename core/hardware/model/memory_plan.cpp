// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/memory_plan.h"

#include "core/base/error.h"
#include "core/hardware/model/called_geometry.h"
#include "core/hardware/model/tile_cost.h"
#include "core/hardware/profile/kernel_dialect.h"
#include "core/quantization/widths.h"

#include <algorithm>
#include <limits>
#include <span>

namespace bitdial {

namespace {

constexpr int widths[] = {2, 4, 8, 32};

} // namespace

void refuseWidth(int bits)
{
    throw Error(ErrorCode::Usage, "A width is not possible", std::to_string(bits) + " bits",
                "weights and activations have 2, 4 or 8 bits, raw results 32", "Choose 2, 4 or 8");
}

std::int64_t layerWeightBytes(const Network& network, int layer, LayerBits bits,
                              const HardwareProfile::Fields& profile)
{
    const Layer& what = network.layer(layer);
    if (!what.hasWeights())
        return 0;
    const LayerGeometry geometry = calledGeometry(what, bits, profile);
    std::int64_t channels = paddedChannels(geometry.output.channels, 8, profile.dialect);
    std::int64_t filter = std::int64_t(geometry.kernel_height) * geometry.kernel_width;
    if (what.kind == LayerKind::Conv)
        filter *= calledInputChannels(network, layer, bits, profile);
    if (what.kind == LayerKind::Linear) {
        channels =
            paddedLinearOutputs(geometry.output.channels, bits, profile.cores, profile.dialect);
        filter =
            paddedLinearInputs(network.tensor(what.inputs.front()).shape, bits, profile.dialect);
    }
    return packedBytes(channels * filter, calledBits(network, layer, bits, profile).weight) +
           channels * requantBytesPerChannel(bits);
}

MemoryPlanner::MemoryPlanner(const Network& network, const HardwareProfile::Fields& profile)
    : m_network(network), m_profile(profile)
{
    for (const ActivationTensor& tensor : network.tensors()) {
        TensorData& data = m_tensors.emplace_back();
        for (std::size_t i = 0; i < data.bytes.size(); ++i)
            data.bytes[i] = storedTensorBytes(tensor.shape, widths[i], profile.dialect);
        data.first = data.last = std::max(0, tensor.producer);
        for (const int consumer : tensor.consumers)
            data.last = std::max(data.last, consumer);
    }
    const TensorShape& input = network.tensor(network.input()).shape;
    m_few_channels_bytes = std::int64_t(fewChannels(input.channels)) * input.height * input.width;
    m_layers.resize(std::size_t(network.layerCount()));
    for (int layer = 0; layer < network.layerCount(); ++layer)
        fillLayer(layer);
    m_weights_in_l3_at_any_width = findWeightsInL3AtAnyWidth();
}

/// From the least and the most that anything may take.
std::optional<bool> MemoryPlanner::findWeightsInL3AtAnyWidth() const
{
    struct Range {
        std::int64_t least = 0;
        std::int64_t most = 0;
    };
    std::vector<Range> live(m_layers.size());
    for (std::size_t t = 0; t < m_tensors.size(); ++t) {
        const TensorData& tensor = m_tensors[t];
        const std::span bytes(tensor.bytes);
        auto [least, most] = std::ranges::minmax(
            isRawOutput(m_network, int(t)) ? bytes.last(1) : bytes.first(bytes.size() - 1));
        if (int(t) == m_network.input())
            least = std::min(least, m_few_channels_bytes);
        for (int layer = tensor.first; layer <= tensor.last; ++layer) {
            live[std::size_t(layer)].least += least;
            live[std::size_t(layer)].most += most;
        }
    }
    Range peak;
    Range weights;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        peak.least = std::max(peak.least, live[i].least);
        peak.most = std::max(peak.most, live[i].most);
        if (!m_layers[i].has_weights)
            continue;
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        std::int64_t most = 0;
        for (const int in : {2, 8})
            for (const int weight : quantized_widths)
                for (const int out : widths) {
                    if ((out == 32) != m_layers[i].raw_output)
                        continue;
                    const auto bytes = m_layers[i].weight_bytes[weightIndex({in, weight, out})];
                    least = std::min(least, bytes);
                    most = std::max(most, bytes);
                }
        weights.least += least;
        weights.most += most;
    }
    const std::int64_t usable = m_profile.l2.usableBytes();
    if (weights.most + peak.most <= usable)
        return false;
    const bool always = weights.least + peak.least > usable &&
                        peak.most <= usable - streamingBytes(m_profile) &&
                        weights.most <= m_profile.l3.bytes;
    return always ? std::optional(true) : std::nullopt;
}

void MemoryPlanner::fillLayer(int layer)
{
    const Layer& what = m_network.layer(layer);
    LayerData& data = m_layers[std::size_t(layer)];
    data.first_input = what.inputs.front();
    data.second_input = what.inputs.size() > 1 ? what.inputs[1] : -1;
    data.output = what.output;
    data.raw_output = isRawOutput(m_network, what.output);
    data.has_weights = what.hasWeights();
    if (!data.has_weights)
        return;
    for (const int in : {2, 8})
        for (const int weight : quantized_widths)
            for (const int out : widths) {
                const LayerBits bits{in, weight, out};
                data.weight_bytes[weightIndex(bits)] =
                    layerWeightBytes(m_network, layer, bits, m_profile);
            }
}

bool MemoryPlanner::storesFewChannels(const BitAssignment& assignment) const
{
    const std::vector<int>& readers = m_network.tensor(m_network.input()).consumers;
    return readers.size() == 1 &&
           readsFewChannels(m_network, readers.front(), layerBits(assignment, readers.front()),
                            m_profile);
}

MemoryPlan MemoryPlanner::plan(const BitAssignment& assignment) const
{
    MemoryPlan plan;
    plan.tensor_in_l3.assign(m_tensors.size(), 0);
    std::vector<std::int64_t> bytes(m_tensors.size());
    // What comes to life and dies with each layer, then their running sum.
    std::vector<std::int64_t> live(m_layers.size() + 1, 0);
    for (std::size_t t = 0; t < m_tensors.size(); ++t) {
        const TensorData& tensor = m_tensors[t];
        bytes[t] = tensor.bytes[widthIndex(assignment.activationBits(int(t)))];
        if (int(t) == m_network.input() && storesFewChannels(assignment))
            bytes[t] = m_few_channels_bytes;
        live[std::size_t(tensor.first)] += bytes[t];
        live[std::size_t(tensor.last) + 1] -= bytes[t];
    }
    live.pop_back();
    std::int64_t peak = 0;
    for (std::size_t layer = 0; layer < live.size(); ++layer) {
        live[layer] += layer > 0 ? live[layer - 1] : 0;
        peak = std::max(peak, live[layer]);
        if (m_layers[layer].has_weights)
            plan.weight_bytes += weightBytes(int(layer), layerBits(assignment, int(layer)));
    }
    std::int64_t weights = plan.weight_bytes;
    if (plan.weight_bytes + peak > m_profile.l2.usableBytes()) {
        plan.weights_in_l3 = true;
        weights = streamingBytes(m_profile);
        if (peak > m_profile.l2.usableBytes() - weights)
            moveTensors(plan, live, bytes);
        checkL3(plan, bytes);
    }
    for (std::int64_t& sum : live)
        sum += weights;
    plan.l2_bytes = std::move(live);
    return plan;
}

void MemoryPlanner::moveTensors(MemoryPlan& plan, std::vector<std::int64_t>& live,
                                const std::vector<std::int64_t>& bytes) const
{
    const std::int64_t room = m_profile.l2.usableBytes() - streamingBytes(m_profile);
    const auto isOver = [&](const TensorData& tensor) {
        return std::any_of(live.begin() + tensor.first, live.begin() + tensor.last + 1,
                           [room](std::int64_t sum) { return sum > room; });
    };
    std::vector<std::size_t> candidates;
    for (std::size_t t = 0; t < m_tensors.size(); ++t)
        if (isOver(m_tensors[t]))
            candidates.push_back(t);
    // In an order that does not depend on the room: with more room, a subset of them moves.
    std::ranges::stable_sort(candidates, std::greater{}, [&](std::size_t t) { return bytes[t]; });
    for (const std::size_t t : candidates) {
        const TensorData& tensor = m_tensors[t];
        if (!isOver(tensor))
            continue;
        plan.tensor_in_l3[t] = 1;
        plan.tensors_in_l3 = true;
        for (int layer = tensor.first; layer <= tensor.last; ++layer)
            live[std::size_t(layer)] -= bytes[t];
    }
    for (std::size_t layer = 0; layer < live.size(); ++layer)
        if (live[layer] > room && plan.infeasible_reason.empty())
            plan.infeasible_reason = "L2 (" + std::to_string(m_profile.l2.usableBytes()) +
                                     " bytes besides the code) does not hold the buffers of '" +
                                     m_network.layer(int(layer)).name + "'";
}

void MemoryPlanner::checkL3(MemoryPlan& plan, const std::vector<std::int64_t>& bytes) const
{
    std::int64_t total = plan.weight_bytes;
    for (std::size_t t = 0; t < bytes.size(); ++t)
        total += plan.tensor_in_l3[t] != 0 ? bytes[t] : 0;
    if (total > m_profile.l3.bytes)
        plan.infeasible_reason = "weights and activations outside L2 need " +
                                 std::to_string(total) + " bytes, L3 has " +
                                 std::to_string(m_profile.l3.bytes);
}

} // namespace bitdial
