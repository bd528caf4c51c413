// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/layer_planner.h"

#include "core/base/error.h"
#include "core/deployment/pulp_nn/c_names.h"
#include "core/deployment/pulp_nn/kernel_names.h"
#include "core/hardware/model/called_geometry.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

/// Plans one layer; holds what its steps share.
class LayerPlanner {
public:
    LayerPlanner(ExportPlan& plan, const CostModel& costs, int index)
        : m_plan(plan),
          m_costs(costs),
          m_layer(plan.network->network->layer(index)),
          m_folded(plan.network->layers[std::size_t(index)])
    {
        m_result.index = index;
        const Network& network = *plan.network->network;
        m_result.subject.bits =
            calledBits(network, index, plan.network->assignment.layerBits(network, index),
                       plan.profile->fields());
    }
    PlannedLayer plan(const LayerProgram& program, const LayerCost& promised);

private:
    [[noreturn]] void infeasible(const std::string& why, const std::string& next) const
    {
        throw Error(ErrorCode::Infeasible, "The layer cannot be exported to PULP-NN",
                    m_plan.network->network->name() + ": layer '" + cSafe(m_layer.name) + "'", why,
                    next);
    }
    void note(const std::string& what) { m_plan.notes.push_back({m_layer.name, what}); }
    bool isXpulpNn() const { return m_plan.isa == "XpulpNN"; }
    TileSubject& subject() { return m_result.subject; }
    const StoredTensor& input() const { return m_plan.tensor(m_layer.inputs[0]); }
    void checkKernel() const;
    void planGeometry();
    void planFamily();
    void planLinear();
    void planConv();
    void noteWidenedWindow();
    void checkSizes() const;
    void planTiles(const LayerProgram& program, const LayerCost& promised);

    ExportPlan& m_plan;
    const CostModel& m_costs;
    const Layer& m_layer;
    const IntegerLayer& m_folded;
    PlannedLayer m_result;
};

void LayerPlanner::checkKernel() const
{
    const LayerBits& bits = m_result.subject.bits;
    const auto& kernels = m_plan.profile->fields().kernels;
    const auto kernel = kernels.find({m_layer.kind, bits});
    if (!m_costs.hasKernel(m_result.index, bits) || kernel == kernels.end())
        infeasible("the target '" + m_plan.profile->name() + "' has no " +
                       layerKindName(m_layer.kind) + " kernel for " + std::to_string(bits.in) +
                       "-bit inputs" +
                       (bits.weight ? ", " + std::to_string(bits.weight) + "-bit weights" : "") +
                       " and " + std::to_string(bits.out) + "-bit results",
                   "Choose other bits for it or another target");
    if (kernel->second.array)
        infeasible("the target '" + m_plan.profile->name() +
                       "' runs it on an accelerator, the library has kernels for cores only",
                   "Choose other bits for it or another target");
}

void LayerPlanner::planGeometry()
{
    const LayerGeometry g = calledGeometry(m_layer, subject().bits, m_plan.profile->fields());
    TileSubject& s = subject();
    s.in = {input().channels, g.input.height, g.input.width};
    s.out = {m_plan.tensor(m_layer.output).channels, g.output.height, g.output.width};
    s.kernel_height = g.kernel_height;
    s.kernel_width = g.kernel_width;
    s.stride_y = g.stride_y;
    s.stride_x = g.stride_x;
    s.padding = g.padding;
    s.operands = int(m_layer.inputs.size());
    s.cores = m_plan.cores;
}

/// Of signed 2-bit inputs that meet 4-bit weights (calledBits): where the topology tells that they
/// may be negative, the weights are wider already.
void LayerPlanner::planConv()
{
    TileSubject& s = subject();
    s.family = KernelFamily::Conv;
    if (s.bits.weight != m_folded.weight_bits)
        note("its " + std::to_string(m_folded.weight_bits) + "-bit weights are stored with " +
             std::to_string(s.bits.weight) +
             " bits: the XpulpNN kernel for theirs is wrong for 2-bit inputs that may be negative, "
             "of " +
             std::to_string(s.in.channels) + " stored channels, no multiple of 16");
    else if (isXpulpNn() && m_folded.inputs[0] == IntegerType{2, true} && s.bits.weight == 4 &&
             s.in.channels % 16 != 0)
        infeasible("the XpulpNN kernel for signed 2-bit inputs and 4-bit weights is wrong for " +
                       std::to_string(s.in.channels) +
                       " stored input channels, no multiple of 16; its input cannot be negative, "
                       "but the quantizer read for it is signed",
                   "Give its input an unsigned quantizer, or it or the weights other bits");
}

void LayerPlanner::planLinear()
{
    const auto& stored = input();
    TileSubject& s = subject();
    s.in = {paddedLinearInputs({stored.channels, stored.shape.height, stored.shape.width}, s.bits),
            1, 1};
    s.out = {paddedLinearOutputs(m_layer.geometry.output.channels, s.bits, m_plan.cores), 1, 1};
    s.kernel_height = s.kernel_width = s.stride_y = s.stride_x = 1;
    s.padding = {};
    if (m_folded.output.bits == 32) {
        s.family = KernelFamily::Linear32;
    } else if (linearGoesByAccumulators(m_layer.kind, s.bits, isXpulpNn())) {
        s.family = KernelFamily::LinearByAccumulators;
        note("it is called for 32-bit results, which are then requantized: the XpulpNN linear "
             "kernel with 8-bit results uses the first channel's kappa for all");
    } else {
        s.family = KernelFamily::Linear;
    }
}

void LayerPlanner::noteWidenedWindow()
{
    const TileSubject& s = subject();
    const auto& own = m_layer.geometry;
    if (s.kernel_height != own.kernel_height || s.kernel_width != own.kernel_width)
        note("its " + std::to_string(own.kernel_height) + "x" + std::to_string(own.kernel_width) +
             " window is called as " + std::to_string(s.kernel_height) + "x" +
             std::to_string(s.kernel_width) +
             " with zeros: the library's depthwise kernel computes its own size wrongly");
}

void LayerPlanner::planFamily()
{
    switch (m_layer.kind) {
    case LayerKind::Conv:
        planConv();
        break;
    case LayerKind::DepthwiseConv:
        subject().family = KernelFamily::Depthwise;
        noteWidenedWindow();
        break;
    case LayerKind::Linear:
        planLinear();
        break;
    case LayerKind::Add:
        subject().family = KernelFamily::Add;
        break;
    case LayerKind::AveragePool:
        subject().family = KernelFamily::AveragePool;
        break;
    case LayerKind::MaxPool:
        subject().family = KernelFamily::MaxPool;
        if (m_folded.inputs[0].bits != 8)
            infeasible("the max-pooling kernel works on 8 bits only, the tensor has " +
                           std::to_string(m_folded.inputs[0].bits),
                       "Give the pooling's tensors 8 bits");
        break;
    default:
        infeasible("the kernel library has no " + std::string(layerKindName(m_layer.kind)),
                   "Use a network without it");
    }
}

/// Sizes are uint16_t in the signatures, products are too inside some kernels; the tile loop counts
/// bits of one layer's weights in 32.
void LayerPlanner::checkSizes() const
{
    const std::string why = whyTooLarge(m_result.subject, m_result.tiles);
    if (!why.empty())
        infeasible(why, "Use a smaller resolution or width");
    constexpr std::int64_t most_bits = INT32_MAX;
    const TileSubject& s = m_result.subject;
    if (filterElements(s) * s.bits.weight * s.out.channels > most_bits)
        infeasible("its weights take more than 256 MiB", "Use a smaller width");
    const auto& folded = m_folded;
    if (std::max({folded.shift, folded.add.shift[0], folded.add.shift[1], folded.add.out_shift,
                  folded.average_pool.out_shift}) > 31)
        infeasible("its requantization shifts by more than 31", "Fold the network again");
}

/// In the tiles that the cost model promises.
void LayerPlanner::planTiles(const LayerProgram& program, const LayerCost& promised)
{
    if (!promised.infeasible_reason.empty())
        infeasible(promised.infeasible_reason, "Choose fewer bits or another target");
    m_result.tiles = layOutTiles(subject(), program);
    m_result.cost = promised;
    if (!m_result.tiles.border_reason.empty())
        note(m_result.tiles.border_reason);
}

PlannedLayer LayerPlanner::plan(const LayerProgram& program, const LayerCost& promised)
{
    m_result.identifier = layerIdentifier(m_result.index, m_layer.name);
    checkKernel();
    planGeometry();
    planFamily();
    const KernelName kernel =
        kernelName(subject().family, m_folded, subject().bits.weight, isXpulpNn());
    m_result.kernel = kernel.name;
    m_result.sources = kernel.sources;
    planTiles(program, promised);
    checkSizes();
    return std::move(m_result);
}

} // namespace

PlannedLayer planLayer(ExportPlan& plan, const CostModel& costs, int layer,
                       const LayerProgram& program, const LayerCost& promised)
{
    return LayerPlanner(plan, costs, layer).plan(program, promised);
}

} // namespace bitdial
