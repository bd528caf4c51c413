// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/memory_plan.h"

#include "core/hardware/kernel_dialect.h"

#include <algorithm>
#include <limits>

namespace bitdial {

namespace {

/// First and last layer during which a tensor must exist.
struct LiveRange {
    int first = 0;
    int last = 0;
};

std::vector<LiveRange> liveRanges(const Network& network)
{
    std::vector<LiveRange> ranges;
    for (const ActivationTensor& tensor : network.tensors()) {
        LiveRange range{std::max(0, tensor.producer), std::max(0, tensor.producer)};
        for (const int consumer : tensor.consumers)
            range.last = std::max(range.last, consumer);
        ranges.push_back(range);
    }
    return ranges;
}

class Planner {
public:
    Planner(const Network& network, const BitAssignment& assignment,
            const HardwareProfile::Fields& profile)
        : m_network(network), m_profile(profile), m_ranges(liveRanges(network))
    {
        for (int t = 0; t < network.tensorCount(); ++t)
            m_bytes.push_back(
                storedTensorBytes(network.tensor(t).shape, assignment.activationBits(t)));
        for (int layer = 0; layer < network.layerCount(); ++layer)
            m_plan.weight_bytes += layerWeightBytes(
                network, layer, assignment.layerBits(network, layer), profile.cores);
        m_plan.tensor_in_l3.assign(m_bytes.size(), false);
    }

    MemoryPlan plan()
    {
        std::int64_t peak = 0;
        for (int layer = 0; layer < m_network.layerCount(); ++layer)
            peak = std::max(peak, liveBytes(layer));
        if (m_plan.weight_bytes + peak > m_profile.l2.usableBytes()) {
            m_plan.weights_in_l3 = true;
            for (int layer = 0; layer < m_network.layerCount(); ++layer)
                moveTensors(layer);
            checkL3();
        }
        const std::int64_t weights =
            m_plan.weights_in_l3 ? m_profile.l1.usableBytes() : m_plan.weight_bytes;
        for (int layer = 0; layer < m_network.layerCount(); ++layer)
            m_plan.l2_bytes.push_back(liveBytes(layer) + weights);
        return std::move(m_plan);
    }

private:
    bool isLive(std::size_t tensor, int layer) const
    {
        return m_ranges[tensor].first <= layer && layer <= m_ranges[tensor].last;
    }

    std::int64_t liveBytes(int layer) const
    {
        std::int64_t sum = 0;
        for (std::size_t t = 0; t < m_bytes.size(); ++t)
            if (isLive(t, layer) && !m_plan.tensor_in_l3[t])
                sum += m_bytes[t];
        return sum;
    }

    void moveTensors(int layer)
    {
        // Tiles on their way between L3 and L1 are never larger than what L1 holds.
        const std::int64_t room = m_profile.l2.usableBytes() - m_profile.l1.usableBytes();
        while (liveBytes(layer) > room) {
            std::size_t largest = m_bytes.size();
            for (std::size_t t = 0; t < m_bytes.size(); ++t)
                if (isLive(t, layer) && !m_plan.tensor_in_l3[t] &&
                    (largest == m_bytes.size() || m_bytes[t] > m_bytes[largest]))
                    largest = t;
            if (largest == m_bytes.size())
                break; // nothing left to move: L2 is smaller than the staging buffer
            m_plan.tensor_in_l3[largest] = true;
        }
        if (liveBytes(layer) > room && m_plan.infeasible_reason.empty())
            m_plan.infeasible_reason = "L2 (" + std::to_string(m_profile.l2.usableBytes()) +
                                       " bytes besides the code) does not hold the buffers of '" +
                                       m_network.layer(layer).name + "'";
    }

    void checkL3()
    {
        std::int64_t total = m_plan.weight_bytes;
        for (std::size_t t = 0; t < m_bytes.size(); ++t)
            total += m_plan.tensor_in_l3[t] ? m_bytes[t] : 0;
        if (total > m_profile.l3.bytes)
            m_plan.infeasible_reason = "weights and activations outside L2 need " +
                                       std::to_string(total) + " bytes, L3 has " +
                                       std::to_string(m_profile.l3.bytes);
    }

    const Network& m_network;
    const HardwareProfile::Fields& m_profile;
    std::vector<LiveRange> m_ranges;
    std::vector<std::int64_t> m_bytes; ///< per tensor
    MemoryPlan m_plan;
};

} // namespace

ExternalData MemoryPlan::externalData(const Network& network, int layer) const
{
    const Layer& what = network.layer(layer);
    ExternalData external;
    external.weights = weights_in_l3 && what.hasWeights();
    for (const int tensor : what.inputs)
        external.inputs += tensor_in_l3[std::size_t(tensor)] ? 1 : 0;
    external.output = tensor_in_l3[std::size_t(what.output)];
    return external;
}

std::int64_t layerWeightBytes(const Network& network, int layer, LayerBits bits, int cores)
{
    const Layer& what = network.layer(layer);
    const LayerGeometry& geometry = what.geometry;
    if (!what.hasWeights())
        return 0;
    std::int64_t channels = paddedChannels(geometry.output.channels);
    std::int64_t filter = std::int64_t(geometry.kernel_height) * geometry.kernel_width;
    if (what.kind == LayerKind::Conv)
        filter *= paddedChannels(geometry.input.channels);
    if (what.kind == LayerKind::Linear) {
        channels = paddedLinearOutputs(geometry.output.channels, bits, cores);
        filter = paddedLinearInputs(network.tensor(what.inputs.front()).shape, bits);
    }
    return packedBytes(channels * filter, bits.weight) + channels * requantBytesPerChannel(bits);
}

MemoryPlan planMemory(const Network& network, const BitAssignment& assignment,
                      const HardwareProfile::Fields& profile)
{
    return Planner(network, assignment, profile).plan();
}

} // namespace bitdial
