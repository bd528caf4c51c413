// SPDX-License-Identifier: Apache-2.0
#include "core/search/raise_bits.h"

#include "core/network/network.h"

#include <optional>
#include <vector>

namespace bitdial {
namespace {

constexpr int widths[] = {2, 4, 8};

/// All assignments that differ from `bits` by one raise, in a fixed order.
std::vector<BitAssignment> raises(const Network& network, const ActivationGroups& groups,
                                  const BitAssignment& bits)
{
    std::vector<BitAssignment> found;
    for (int g = 0; g < groups.count(); ++g)
        for (const int width : widths)
            if (!groups.isFixed(g) && width > bits.activationBits(groups.members(g).front()))
                groups.setBits(found.emplace_back(bits), g, width);
    for (int i = 0; i < network.layerCount(); ++i) {
        if (!network.layer(i).hasWeights())
            continue;
        const int input = groups.groupOf(network.layer(i).inputs.front());
        for (const int weight : widths) {
            if (weight <= bits.weightBits(i))
                continue;
            found.emplace_back(bits).setWeightBits(i, weight);
            for (const int width : widths) {
                if (groups.isFixed(input) ||
                    width <= bits.activationBits(groups.members(input).front()))
                    continue;
                auto& both = found.emplace_back(bits);
                both.setWeightBits(i, weight);
                groups.setBits(both, input, width);
            }
        }
    }
    return found;
}

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

} // namespace

RaisedBits raiseFreeBits(const CostModel& model, const BitAssignment& start)
{
    const Network& network = model.network();
    const ActivationGroups groups(network);
    auto cost = model.cost(start);
    RaisedBits result{start, cost.latency_cycles, cost.latency_cycles, 0};
    if (!cost.infeasible_reason.empty())
        return result;
    for (;;) {
        std::optional<BitAssignment> best;
        NetworkCost best_cost;
        int best_bits = 0;
        for (const auto& candidate : raises(network, groups, result.assignment)) {
            auto candidate_cost = model.recost(cost, result.assignment, candidate);
            const double limit = best ? best_cost.latency_cycles : cost.latency_cycles;
            const int bits = totalBits(network, candidate);
            if (!candidate_cost.infeasible_reason.empty() ||
                candidate_cost.latency_cycles > limit ||
                (best && candidate_cost.latency_cycles == limit && bits <= best_bits))
                continue;
            best = candidate;
            best_cost = std::move(candidate_cost);
            best_bits = bits;
        }
        if (!best)
            break;
        result.assignment = *best;
        cost = std::move(best_cost);
        ++result.steps;
    }
    result.latency_after_cycles = cost.latency_cycles;
    return result;
}

} // namespace bitdial
