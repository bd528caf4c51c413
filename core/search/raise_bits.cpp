// SPDX-License-Identifier: Apache-2.0
#include "core/search/raise_bits.h"

#include "core/network/network.h"

#include <optional>
#include <vector>

namespace bitdial {
namespace {

constexpr int widths[] = {2, 4, 8};

/// Sum of all widths: of equally fast raises the one that raises most is taken.
int totalBits(const Network& network, const BitAssignment& bits)
{
    int sum = 0;
    for (int i = 0; i < network.layerCount(); ++i)
        sum += bits.weightBits(i);
    for (int t = 0; t < network.tensorCount(); ++t)
        sum += bits.activationBits(t);
    return sum;
}

/// The raises of one network.
class Raises {
public:
    explicit Raises(const Network& network) : m_network(network), m_groups(network) {}

    /// All assignments that differ from `bits` by one raise, in a fixed order.
    std::vector<BitAssignment> of(const BitAssignment& bits) const
    {
        std::vector<BitAssignment> found;
        for (int g = 0; g < m_groups.count(); ++g)
            for (const int width : widths)
                if (canRaise(bits, g, width)) {
                    m_groups.setBits(found.emplace_back(bits), g, width);
                    auto& with_readers = found.emplace_back(BitAssignment(found.back()));
                    if (!raiseReaders(with_readers, g, width))
                        found.pop_back();
                }
        for (int i = 0; i < m_network.layerCount(); ++i)
            if (m_network.layer(i).hasWeights())
                addRaisesOfLayer(bits, i, found);
        return found;
    }

    /// `bits` with every layer raised to the nearest widths the target has a kernel for; nothing
    /// where there are none.
    std::optional<BitAssignment> toKernels(const CostModel& model, BitAssignment bits) const
    {
        for (bool changed = true; changed;) {
            changed = false;
            for (int i = 0; i < m_network.layerCount(); ++i) {
                if (model.hasKernel(i, bits.layerBits(m_network, i)))
                    continue;
                auto raised = withKernel(model, bits, i);
                if (!raised)
                    return std::nullopt;
                bits = std::move(*raised);
                changed = true; // a tie may have taken its kernel from another layer
            }
        }
        return bits;
    }

private:
    bool canRaise(const BitAssignment& bits, int group, int width) const
    {
        return !m_groups.isFixed(group) &&
               width > bits.activationBits(m_groups.members(group).front());
    }

    /// Weights of all layers that read a group, to a width at least; false: they are there already.
    bool raiseReaders(BitAssignment& bits, int group, int width) const
    {
        bool raised = false;
        for (const int tensor : m_groups.members(group))
            for (const int layer : m_network.tensor(tensor).consumers)
                if (m_network.layer(layer).hasWeights() && bits.weightBits(layer) < width) {
                    bits.setWeightBits(layer, width);
                    raised = true;
                }
        return raised;
    }

    void addRaisesOfLayer(const BitAssignment& bits, int layer,
                          std::vector<BitAssignment>& found) const
    {
        const int input = m_groups.groupOf(m_network.layer(layer).inputs.front());
        for (const int weight : widths) {
            if (weight <= bits.weightBits(layer))
                continue;
            found.emplace_back(bits).setWeightBits(layer, weight);
            for (const int width : widths) {
                if (!canRaise(bits, input, width))
                    continue;
                auto& both = found.emplace_back(bits);
                both.setWeightBits(layer, weight);
                m_groups.setBits(both, input, width);
            }
        }
    }

    /// The least raise of one layer's weights, input and output that gives it a kernel.
    std::optional<BitAssignment> withKernel(const CostModel& model, const BitAssignment& bits,
                                            int layer) const
    {
        const auto& what = m_network.layer(layer);
        std::optional<BitAssignment> best;
        for (const auto& in : withGroupRaised(bits, m_groups.groupOf(what.inputs.front())))
            for (const auto& both : withGroupRaised(in, m_groups.groupOf(what.output)))
                for (const int weight : widths) {
                    auto candidate = both;
                    if (what.hasWeights()) {
                        if (weight < bits.weightBits(layer))
                            continue;
                        candidate.setWeightBits(layer, weight);
                    }
                    if (model.hasKernel(layer, candidate.layerBits(m_network, layer)) &&
                        (!best || totalBits(m_network, candidate) < totalBits(m_network, *best)))
                        best = candidate;
                }
        return best;
    }

    /// `bits` itself and with the group at every greater width.
    std::vector<BitAssignment> withGroupRaised(const BitAssignment& bits, int group) const
    {
        std::vector<BitAssignment> found = {bits};
        for (const int width : widths)
            if (canRaise(bits, group, width))
                m_groups.setBits(found.emplace_back(bits), group, width);
        return found;
    }

    const Network& m_network;
    ActivationGroups m_groups;
};

} // namespace

RaisedBits raiseFreeBits(const CostModel& model, const BitAssignment& start)
{
    const Network& network = model.network();
    const Raises raises(network);
    const auto runnable = raises.toKernels(model, start);
    if (!runnable)
        return {start, 0, 0, 0};
    const auto before = model.totals(*runnable);
    if (before.infeasible)
        return {start, 0, 0, 0};
    RaisedBits result{*runnable, before.latency_cycles, before.latency_cycles, 0};
    for (;;) {
        std::optional<BitAssignment> best;
        double limit = result.latency_after_cycles;
        int best_bits = 0;
        for (const auto& candidate : raises.of(result.assignment)) {
            const auto totals = model.totals(candidate);
            const int bits = totalBits(network, candidate);
            if (totals.infeasible || totals.latency_cycles > limit ||
                (best && totals.latency_cycles == limit && bits <= best_bits))
                continue;
            best = candidate;
            limit = totals.latency_cycles;
            best_bits = bits;
        }
        if (!best)
            break;
        result.assignment = *best;
        result.latency_after_cycles = limit;
        ++result.steps;
    }
    return result;
}

} // namespace bitdial
