// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_model.h"

#include "core/hardware/model/cost_explanation.h"
#include "core/hardware/model/cost_model_private.h"
#include "core/hardware/model/layer_explainer.h"
#include "core/hardware/profile/kernel_dialect.h"
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
    const MemoryPlan plan = d->planner.plan(assignment);
    const std::vector<Private::Step> steps = d->steps(assignment, plan);
    NetworkCost cost;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Private::Step& step = steps[i];
        const LayerCost& layer = cost.layers.emplace_back(d->layerCost(step, plan.l2_bytes[i]));
        d->add(cost, int(i), step);
        if (cost.infeasible_reason.empty() && step.known->infeasible)
            cost.infeasible_reason =
                d->network->layer(int(i)).name + ": " + layer.infeasible_reason;
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
    int index = 0;
    for (const Private::Step& step : d->steps(assignment, plan)) {
        d->add(totals, index++, step);
        totals.infeasible |= step.known->infeasible;
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
    const Private::Step step = d->steps(assignment, plan)[std::size_t(layer)];
    std::optional<Tiling> tiling;
    if (!step.known->infeasible) {
        tiling = step.option->tiling;
        tiling->latency_cycles += step.change.latency_cycles;
        tiling->moved_bytes += std::int64_t(step.change.moved_bytes);
    }
    return explainLayer({*d->network, d->profile->fields(), d->costs, layer, step.bits,
                         d->planner.externalData(plan, layer),
                         d->layerCost(step, plan.l2_bytes[std::size_t(layer)]), tiling});
}

MemoryPlan CostModel::memoryPlan(const BitAssignment& assignment) const
{
    return d->planner.plan(assignment);
}

ExternalData CostModel::externalData(const MemoryPlan& plan, int layer) const
{
    return d->planner.externalData(plan, layer);
}

std::optional<Tiling> CostModel::tiling(int layer, LayerBits bits, ExternalData external) const
{
    const KnownCost& known = d->costs.known(layer, bits, external);
    return known.infeasible ? std::nullopt : std::optional(known.options[0].tiling);
}

std::vector<LayerProgram> CostModel::programs(const BitAssignment& assignment) const
{
    std::vector<LayerProgram> programs;
    for (const Private::Step& step : d->steps(assignment, d->planner.plan(assignment))) {
        LayerProgram& program = programs.emplace_back();
        program.tiling = step.option->tiling;
        if (step.known->infeasible)
            program.tiling.tiles = 0;
        program.link = step.link;
        program.stored = step.stored;
        if (program.link.anyResident())
            programs[programs.size() - 2].keeps = true;
    }
    return programs;
}

} // namespace bitdial
