// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_edits.h"

#include "core/hardware/model/cost_model_private.h"

#include <algorithm>
#include <limits>

namespace bitdial {

bool CostEdits::canFollow(const CostModel& model)
{
    return model.d->planner.weightsInL3AtAnyWidth().has_value();
}

CostEdits::CostEdits(const CostModel& model, const BitAssignment& start)
    : m_model(model),
      m_weights_in_l3(model.d->planner.weightsInL3AtAnyWidth().value_or(false)),
      m_in_l3(std::size_t(model.network().tensorCount()), 0)
{
    const auto count = std::size_t(model.network().layerCount());
    m_before.resize(count);
    m_behind.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        m_known.push_back(&known(start, int(i)));
    if (count > 0)
        refresh(0, int(count) - 1);
}

CostEdits::~CostEdits() = default;

const KnownCost& CostEdits::known(const BitAssignment& bits, int layer) const
{
    const auto& planner = m_model.d->planner;
    const bool weights = m_weights_in_l3 && m_model.network().layer(layer).hasWeights();
    return m_model.d->costs.known(layer, planner.layerBits(bits, layer), {weights, 0, false});
}

CostEdits::Ways CostEdits::forward(int layer, const KnownCost& before, const Ways& ways,
                                   const KnownCost& own) const
{
    Ways result{};
    for (int o = 0; o < own.count; ++o) {
        const CostOption& option = own.options[std::size_t(o)];
        double best = std::numeric_limits<double>::infinity();
        for (int b = 0; b < before.count; ++b)
            best = std::min(best, ways[std::size_t(b)] +
                                      m_model.d->pairCycles(layer, {before, b}, {own, o},
                                                            m_weights_in_l3, m_in_l3));
        result[std::size_t(o)] = best + option.latency_cycles;
    }
    return result;
}

CostEdits::Ways CostEdits::backward(int layer, const KnownCost& own, const KnownCost& next,
                                    const Ways& ways) const
{
    Ways result{};
    for (int o = 0; o < own.count; ++o) {
        double best = std::numeric_limits<double>::infinity();
        for (int n = 0; n < next.count; ++n)
            best =
                std::min(best, ways[std::size_t(n)] + next.options[std::size_t(n)].latency_cycles +
                                   m_model.d->pairCycles(layer + 1, {own, o}, {next, n},
                                                         m_weights_in_l3, m_in_l3));
        result[std::size_t(o)] = best;
    }
    return result;
}

void CostEdits::refresh(int first, int last)
{
    const int count = int(m_known.size());
    for (int i = first; i < count; ++i) {
        const auto at = std::size_t(i);
        const Ways ways = i == 0 ? Ways{m_known[0]->options[0].latency_cycles,
                                        m_known[0]->options[1].latency_cycles}
                                 : forward(i, *m_known[at - 1], m_before[at - 1], *m_known[at]);
        if (i > last + 1 && ways == m_before[at])
            break; // nothing further on can change
        m_before[at] = ways;
    }
    for (int i = std::min(last, count - 1); i >= 0; --i) {
        const auto at = std::size_t(i);
        const Ways ways =
            i + 1 == count ? Ways{} : backward(i, *m_known[at], *m_known[at + 1], m_behind[at + 1]);
        if (i < first - 1 && ways == m_behind[at])
            break;
        m_behind[at] = ways;
    }
    const KnownCost& end = *m_known.back();
    m_current.latency_cycles =
        end.count > 1 ? std::min(m_before.back()[0], m_before.back()[1]) : m_before.back()[0];
    m_current.infeasible =
        std::ranges::any_of(m_known, [](const KnownCost* layer) { return layer->infeasible; });
}

CostEdits::Edited CostEdits::cost(const BitAssignment& bits, int first, int last) const
{
    const int count = int(m_known.size());
    const KnownCost* before = first > 0 ? m_known[std::size_t(first) - 1] : nullptr;
    Ways ways = first > 0 ? m_before[std::size_t(first) - 1] : Ways{};
    // The layer behind the edit sees another one in front of it.
    const int end = std::min(last + 1, count - 1);
    for (int i = first; i <= end; ++i) {
        const KnownCost& own = i <= last ? known(bits, i) : *m_known[std::size_t(i)];
        if (own.infeasible)
            return {0, true};
        ways = before == nullptr
                   ? Ways{own.options[0].latency_cycles, own.options[1].latency_cycles}
                   : forward(i, *before, ways, own);
        before = &own;
    }
    const Ways& behind = m_behind[std::size_t(end)];
    double best = ways[0] + behind[0];
    if (before->count > 1)
        best = std::min(best, ways[1] + behind[1]);
    return {best, false};
}

void CostEdits::accept(const BitAssignment& bits, int first, int last)
{
    for (int i = first; i <= last; ++i)
        m_known[std::size_t(i)] = &known(bits, i);
    refresh(first, last);
}

CostEdits::Surroundings CostEdits::around(int first, int last) const
{
    Surroundings around;
    if (first > 0 && m_known[std::size_t(first) - 1]->count > 1) {
        const Ways& ways = m_before[std::size_t(first) - 1];
        around.before = ways[1] - ways[0];
    }
    const int end = std::min(last + 1, int(m_known.size()) - 1);
    if (m_known[std::size_t(end)]->count > 1) {
        const Ways& ways = m_behind[std::size_t(end)];
        around.behind = ways[1] - ways[0];
    }
    return around;
}

} // namespace bitdial
