// SPDX-License-Identifier: Apache-2.0
#include "core/search/raise_bits.h"

#include "core/hardware/model/cost_edits.h"
#include "core/network/network.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace bitdial {
namespace {

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

/// A group of activations, the weights of a layer, or both, to a width.
struct Raise {
    int group = -1; ///< -1: none
    int group_bits = 0;
    bool readers = false; ///< with the weights of all layers that read the group
    int layer = -1;       ///< whose weights; -1: none
    int weight_bits = 0;
    int first = 0; ///< layers whose widths it may change: from here
    int last = 0;  ///< to here
};

/// The raises of one network.
class Raises {
public:
    Raises(const Network& network, const SearchSpace& space)
        : m_network(network), m_space(space), m_groups(space.groups())
    {
        for (int g = 0; g < m_groups.count(); ++g)
            for (const int width : quantized_widths)
                if (space.groupWidths(g).has(width))
                    for (const bool readers : {false, true})
                        add({g, width, readers});
        for (int i = 0; i < network.layerCount(); ++i)
            if (network.layer(i).hasWeights())
                addRaisesOfLayer(i);
    }

    /// In the order in which equally good ones are preferred.
    const std::vector<Raise>& all() const { return m_all; }

    /// Whether it makes everything that it names wider, and anything at all.
    bool changes(const BitAssignment& bits, const Raise& raise) const
    {
        if (raise.group >= 0 && !canRaise(bits, raise.group, raise.group_bits))
            return false;
        if (raise.layer >= 0 && raise.weight_bits <= bits.weightBits(raise.layer))
            return false;
        return !raise.readers || anyReaderBelow(bits, raise.group, raise.group_bits);
    }

    /// Returns by how much the sum of all widths grows.
    int apply(BitAssignment& bits, const Raise& raise) const
    {
        int more = 0;
        if (raise.group >= 0) {
            const auto& members = m_groups.members(raise.group);
            more += int(members.size()) * (raise.group_bits - bits.activationBits(members.front()));
            for (const int tensor : members)
                bits.setActivationBits(tensor, raise.group_bits);
        }
        if (raise.readers)
            more += raiseReaders(bits, raise.group, raise.group_bits);
        if (raise.layer >= 0) {
            more += raise.weight_bits - bits.weightBits(raise.layer);
            bits.setWeightBits(raise.layer, raise.weight_bits);
        }
        return more;
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

    /// The layers whose weights may have this width.
    template <typename Visit> void forReaders(int group, int width, const Visit& visit) const
    {
        for (const int tensor : m_groups.members(group))
            for (const int layer : m_network.tensor(tensor).consumers)
                if (m_space.weightWidths(layer).has(width))
                    visit(layer);
    }

    bool anyReaderBelow(const BitAssignment& bits, int group, int width) const
    {
        bool any = false;
        forReaders(group, width, [&](int layer) { any |= bits.weightBits(layer) < width; });
        return any;
    }

    int raiseReaders(BitAssignment& bits, int group, int width) const
    {
        int more = 0;
        forReaders(group, width, [&](int layer) {
            const int before = bits.weightBits(layer);
            if (before < width)
                bits.setWeightBits(layer, width);
            more += std::max(0, width - before);
        });
        return more;
    }

    void addRaisesOfLayer(int layer)
    {
        const int input = m_groups.groupOf(m_network.layer(layer).inputs.front());
        for (const int weight : quantized_widths) {
            if (!m_space.weightWidths(layer).has(weight))
                continue;
            add({-1, 0, false, layer, weight});
            for (const int width : quantized_widths)
                if (m_space.groupWidths(input).has(width))
                    add({input, width, false, layer, weight});
        }
    }

    /// With the layers that it touches: those that make or read what it names.
    void add(Raise raise)
    {
        raise.first = m_network.layerCount() - 1;
        const auto touch = [&](int layer) {
            raise.first = std::min(raise.first, layer);
            raise.last = std::max(raise.last, layer);
        };
        if (raise.layer >= 0)
            touch(raise.layer);
        if (raise.group >= 0)
            for (const int tensor : m_groups.members(raise.group)) {
                const auto& what = m_network.tensor(tensor);
                if (what.producer >= 0)
                    touch(what.producer);
                for (const int reader : what.consumers)
                    touch(reader);
            }
        m_all.push_back(raise);
    }

    /// The least raise of one layer's weights, input and output that gives it a kernel.
    std::optional<BitAssignment> withKernel(const CostModel& model, const BitAssignment& bits,
                                            int layer) const
    {
        const auto& what = m_network.layer(layer);
        std::optional<BitAssignment> best;
        for (const auto& in : withGroupRaised(bits, m_groups.groupOf(what.inputs.front())))
            for (const auto& both : withGroupRaised(in, m_groups.groupOf(what.output)))
                for (const int weight : quantized_widths) {
                    auto candidate = both;
                    if (what.hasWeights() && weight != bits.weightBits(layer)) {
                        if (weight < bits.weightBits(layer) ||
                            !m_space.weightWidths(layer).has(weight))
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
        for (const int width : quantized_widths)
            if (m_space.groupWidths(group).has(width) && canRaise(bits, group, width))
                m_groups.setBits(found.emplace_back(bits), group, width);
        return found;
    }

    const Network& m_network;
    const SearchSpace& m_space;
    const ActivationGroups& m_groups;
    std::vector<Raise> m_all;
};

struct Costed {
    const BitAssignment& bits;
    const NetworkTotals& totals;
};

/// Whether a raise costs more of what is above its budget then. Wider can cost less: energy goes
/// with time.
bool isWorseAboveBudget(std::span<const Budget> budgets, const CostModel& model,
                        const Costed& before, const Costed& after)
{
    return std::ranges::any_of(budgets, [&](const Budget& budget) {
        if (exceededBudget(std::span(&budget, 1), model, after.bits, after.totals) == nullptr)
            return false;
        const auto cost = [&](const Costed& of) {
            return costAlong(budget.axis, model.network(), of.bits, of.totals).value_or(0);
        };
        return cost(after) > cost(before);
    });
}

/// Where data live depends on the widths, or more than latency counts: the whole network is costed
/// for every raise.
RaisedBits byTotals(const CostModel& model, const Raises& raises, const BitAssignment& start,
                    double latency_cycles, std::span<const Budget> budgets)
{
    RaisedBits result{start, latency_cycles, latency_cycles, 0};
    for (;;) {
        const auto before = model.totals(result.assignment);
        std::optional<BitAssignment> best;
        double limit = result.latency_after_cycles;
        int best_bits = 0;
        for (const Raise& raise : raises.all()) {
            if (!raises.changes(result.assignment, raise))
                continue;
            BitAssignment candidate = result.assignment;
            raises.apply(candidate, raise);
            const auto totals = model.totals(candidate);
            const int bits = totalBits(model.network(), candidate);
            if (totals.infeasible || totals.latency_cycles > limit ||
                (best && totals.latency_cycles == limit && bits <= best_bits) ||
                isWorseAboveBudget(budgets, model, {result.assignment, before},
                                   {candidate, totals}))
                continue;
            best = candidate;
            limit = totals.latency_cycles;
            best_bits = bits;
        }
        if (!best)
            return result;
        result.assignment = *best;
        result.latency_after_cycles = limit;
        ++result.steps;
    }
}

/// What a raise changes is computed from the layers around it, and only again when something there
/// is not what it was. Finds what byTotals finds: the figures are equal to the last bit.
class ByDifferences {
public:
    ByDifferences(const CostModel& model, const Raises& raises, const BitAssignment& start)
        : m_raises(raises), m_edits(model, start), m_tried(raises.all().size()), m_scratch(start)
    {
        const double cycles = m_edits.current().latency_cycles;
        m_result = {start, cycles, cycles, 0};
    }

    RaisedBits run()
    {
        while (const Raise* raise = best()) {
            m_raises.apply(m_result.assignment, *raise);
            m_edits.accept(m_result.assignment, raise->first, raise->last);
            m_result.latency_after_cycles = m_edits.current().latency_cycles;
            ++m_result.steps;
            forget(*raise);
        }
        return m_result;
    }

private:
    /// What came of a raise when it was last computed.
    struct Tried {
        bool is_known = false;
        bool is_possible = false;
        bool infeasible = false;
        double more_cycles = 0;
        int more_bits = 0;
        CostEdits::Surroundings around;
    };

    const Raise* best()
    {
        const Raise* best = nullptr;
        double limit = 0;
        int best_bits = 0;
        for (std::size_t i = 0; i < m_tried.size(); ++i) {
            const Tried& tried = result(i);
            if (!tried.is_possible || tried.infeasible || tried.more_cycles > limit ||
                (best != nullptr && tried.more_cycles == limit && tried.more_bits <= best_bits))
                continue;
            best = &m_raises.all()[i];
            limit = tried.more_cycles;
            best_bits = tried.more_bits;
        }
        return best;
    }

    const Tried& result(std::size_t index)
    {
        const Raise& raise = m_raises.all()[index];
        Tried& tried = m_tried[index];
        const auto around = m_edits.around(raise.first, raise.last);
        if (tried.is_known && tried.around == around)
            return tried;
        tried = {true, m_raises.changes(m_result.assignment, raise), false, 0, 0, around};
        if (!tried.is_possible)
            return tried;
        m_scratch = m_result.assignment;
        tried.more_bits = m_raises.apply(m_scratch, raise);
        const auto cost = m_edits.cost(m_scratch, raise.first, raise.last);
        tried.infeasible = cost.infeasible;
        tried.more_cycles = cost.latency_cycles - m_edits.current().latency_cycles;
        return tried;
    }

    /// What was computed with a layer that is another one now.
    void forget(const Raise& accepted)
    {
        for (std::size_t i = 0; i < m_tried.size(); ++i) {
            const Raise& raise = m_raises.all()[i];
            if (raise.first <= accepted.last + 1 && accepted.first <= raise.last + 1)
                m_tried[i].is_known = false;
        }
    }

    const Raises& m_raises;
    CostEdits m_edits;
    std::vector<Tried> m_tried; ///< by raise
    BitAssignment m_scratch;
    RaisedBits m_result;
};

/// What a raise may exceed: it never costs latency.
std::vector<Budget> besidesLatency(std::span<const Budget> budgets)
{
    std::vector<Budget> others;
    for (const auto& budget : budgets)
        if (budget.axis != CostAxis::Latency)
            others.push_back(budget);
    return others;
}

} // namespace

RaisedBits raiseFreeBits(const CostModel& model, const BitAssignment& start,
                         const SearchSpace& space, std::span<const Budget> budgets)
{
    const Raises raises(model.network(), space);
    const auto runnable = raises.toKernels(model, start);
    if (!runnable)
        return {start, 0, 0, 0};
    const auto before = model.totals(*runnable);
    if (before.infeasible)
        return {start, 0, 0, 0};
    const auto others = besidesLatency(budgets);
    if (others.empty() && CostEdits::canFollow(model))
        return ByDifferences(model, raises, *runnable).run();
    return byTotals(model, raises, *runnable, before.latency_cycles, others);
}

RaisedBits raiseFreeBits(const CostModel& model, const BitAssignment& start)
{
    return raiseFreeBits(model, start, SearchSpace(model.network()));
}

} // namespace bitdial
