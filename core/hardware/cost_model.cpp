// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/cost_model.h"

#include "core/hardware/cost_explanation.h"
#include "core/hardware/kernel_dialect.h"
#include "core/hardware/layer_costs.h"
#include "core/hardware/layer_explainer.h"
#include "core/hardware/memory_plan.h"
#include "core/network/network.h"

#include <algorithm>

namespace bitdial {

const char* costBoundName(CostBound bound)
{
    switch (bound) {
    case CostBound::Compute:
        return "compute";
    case CostBound::L1Transfer:
        return "transfer";
    case CostBound::L3Transfer:
        return "l3";
    case CostBound::Overhead:
        break;
    }
    return "overhead";
}

struct CostModel::Private {
    std::shared_ptr<const Network> network;
    std::shared_ptr<const HardwareProfile> profile;
    MemoryPlanner planner;
    LayerCosts costs;
    std::vector<std::int64_t> macs; ///< per layer

    Private(std::shared_ptr<const Network> of, std::shared_ptr<const HardwareProfile> on)
        : network(std::move(of)),
          profile(std::move(on)),
          planner(*network, profile->fields()),
          costs(*network, profile->fields())
    {
        for (const Layer& layer : network->layers())
            macs.push_back(layer.macs());
    }

    const KnownCost& layer(int index, LayerBits bits, const MemoryPlan& plan) const
    {
        return costs.known(index, bits, planner.externalData(plan, index));
    }

    /// Adds one layer's figures to totals of either kind.
    template <typename Totals>
    void add(Totals& totals, int index, const KnownCost& layer, LayerBits bits) const
    {
        const std::int64_t layer_macs = macs[std::size_t(index)];
        totals.latency_cycles += layer.latency_cycles;
        totals.weight_bytes += layer.weight_bytes;
        totals.peak_l1_bytes = std::max(totals.peak_l1_bytes, layer.l1_bytes);
        totals.macs += layer_macs;
        totals.bops += double(layer_macs) * bits.in * bits.weight;
        totals.estimated |= layer.estimated;
        // Known only if every layer's is.
        if (index == 0)
            totals.energy_uj = 0.0;
        if (totals.energy_uj && layer.has_energy)
            *totals.energy_uj += layer.energy_uj;
        else
            totals.energy_uj.reset();
    }

    template <typename Totals> void finish(Totals& totals, const MemoryPlan& plan) const
    {
        for (const std::int64_t bytes : plan.l2_bytes)
            totals.peak_l2_bytes = std::max(totals.peak_l2_bytes, bytes);
        totals.latency_ms = totals.latency_cycles / profile->clockHz() * 1e3;
        totals.flash_bytes = totals.weight_bytes + profile->fields().l2.reserved_bytes;
    }
};

CostModel::CostModel(std::shared_ptr<const Network> network,
                     std::shared_ptr<const HardwareProfile> profile)
    : d(std::make_unique<Private>(std::move(network), std::move(profile)))
{
}

CostModel::~CostModel() = default;
CostModel::CostModel(CostModel&&) noexcept = default;
CostModel& CostModel::operator=(CostModel&&) noexcept = default;

const HardwareProfile& CostModel::profile() const
{
    return *d->profile;
}

const Network& CostModel::network() const
{
    return *d->network;
}

NetworkCost CostModel::cost(const BitAssignment& assignment) const
{
    return recost({}, {}, assignment);
}

NetworkCost CostModel::recost(const NetworkCost& before, const BitAssignment& old_bits,
                              const BitAssignment& new_bits) const
{
    const MemoryPlan plan = d->planner.plan(new_bits);
    const MemoryPlan old_plan = old_bits.empty() ? MemoryPlan{} : d->planner.plan(old_bits);
    NetworkCost cost;
    cost.layers = before.layers;
    cost.layers.resize(std::size_t(d->network->layerCount()));
    for (int i = 0; i < d->network->layerCount(); ++i) {
        const LayerBits bits = d->planner.layerBits(new_bits, i);
        const KnownCost& known = d->layer(i, bits, plan);
        LayerCost& layer = cost.layers[std::size_t(i)];
        if (old_bits.empty() || &known != &d->layer(i, d->planner.layerBits(old_bits, i), old_plan))
            layer = known.cost;
        layer.l2_bytes = plan.l2_bytes[std::size_t(i)];
        d->add(cost, i, known, bits);
        if (cost.infeasible_reason.empty() && known.infeasible)
            cost.infeasible_reason = d->network->layer(i).name + ": " + layer.infeasible_reason;
    }
    d->finish(cost, plan);
    if (cost.infeasible_reason.empty())
        cost.infeasible_reason = plan.infeasible_reason;
    return cost;
}

NetworkTotals CostModel::totals(const BitAssignment& assignment) const
{
    const MemoryPlan plan = d->planner.plan(assignment);
    NetworkTotals totals;
    for (int i = 0; i < d->network->layerCount(); ++i) {
        const LayerBits bits = d->planner.layerBits(assignment, i);
        const KnownCost& layer = d->layer(i, bits, plan);
        d->add(totals, i, layer, bits);
        totals.infeasible |= layer.infeasible;
    }
    d->finish(totals, plan);
    totals.infeasible |= !plan.infeasible_reason.empty();
    return totals;
}

LayerCost CostModel::layerCost(int layer, LayerBits bits) const
{
    LayerCost cost = d->costs.cost(layer, bits, {});
    const Layer& what = d->network->layer(layer);
    const KernelDialect dialect = d->profile->fields().dialect;
    cost.l2_bytes = cost.weight_bytes +
                    storedTensorBytes(d->network->tensor(what.output).shape, bits.out, dialect);
    for (const int input : what.inputs)
        cost.l2_bytes += storedTensorBytes(d->network->tensor(input).shape, bits.in, dialect);
    return cost;
}

bool CostModel::hasKernel(int layer, LayerBits bits) const
{
    return d->costs.kernel(layer, bits) != nullptr;
}

LayerExplanation CostModel::explain(int layer, const BitAssignment& assignment) const
{
    const MemoryPlan plan = d->planner.plan(assignment);
    LayerExplanation explanation = explainLayer({*d->network, d->profile->fields(), d->costs, layer,
                                                 d->planner.layerBits(assignment, layer),
                                                 d->planner.externalData(plan, layer)});
    explanation.cost.l2_bytes = plan.l2_bytes[std::size_t(layer)];
    return explanation;
}

MemoryPlan CostModel::memoryPlan(const BitAssignment& assignment) const
{
    return d->planner.plan(assignment);
}

ExternalData CostModel::externalData(const MemoryPlan& plan, int layer) const
{
    return d->planner.externalData(plan, layer);
}

std::optional<Tiling> CostModel::tiling(int layer, LayerBits bits, ExternalData external,
                                        std::int64_t l1_kept_bytes) const
{
    return d->costs.tiling(layer, bits, external, l1_kept_bytes);
}

} // namespace bitdial
