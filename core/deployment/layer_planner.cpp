// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/layer_planner.h"

#include "core/base/error.h"
#include "core/deployment/c_names.h"
#include "core/deployment/kernel_names.h"
#include "core/hardware/called_geometry.h"
#include "core/hardware/cost_model.h"
#include "core/hardware/kernel_dialect.h"
#include "core/hardware/profile_fields.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

/// By how many bytes of L1 more are kept free where the last tiles were too large, at least.
constexpr std::int64_t least_kept = 8;

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
        m_result.subject.bits = plan.network->assignment.layerBits(*plan.network->network, index);
    }
    PlannedLayer plan(const ExternalData& external, const LayerCost& promised);

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
    void checkConv();
    void noteWidenedWindow();
    void checkSizes() const;
    enum class Fit { Fits, TooLarge, NoTiles };
    Fit tryTiles(const ExternalData& external, std::int64_t kept);
    bool findTiles(const ExternalData& external);
    void planTiles(const ExternalData& external, const LayerCost& promised);
    void noteOwnTiles(const LayerCost& promised);

    ExportPlan& m_plan;
    const CostModel& m_costs;
    const Layer& m_layer;
    const IntegerLayer& m_folded;
    PlannedLayer m_result;
    std::int64_t m_least_l1_bytes = INT64_MAX; ///< of all tiles that were tried
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
    s.im2col_packed = isXpulpNn();
}

void LayerPlanner::checkConv()
{
    // Found by running the library's kernel: it widens what remains of 16 channels without sign.
    if (isXpulpNn() && m_folded.inputs[0] == IntegerType{2, true} && m_folded.weight_bits == 4 &&
        subject().in.channels % 16 != 0)
        infeasible("the XpulpNN kernel for signed 2-bit inputs and 4-bit weights is wrong for " +
                       std::to_string(subject().in.channels) +
                       " stored input channels, no multiple of 16",
                   "Choose other bits for its input or weights");
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
    } else if (isXpulpNn() && m_folded.output.bits == 8) {
        s.family = KernelFamily::Conv;
        checkConv();
        note("it is called as a 1x1 convolution: the XpulpNN linear kernel with 8-bit results "
             "uses the first channel's kappa for all");
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
        subject().family = KernelFamily::Conv;
        checkConv();
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

/// Lays out the best tiles that the model finds with `kept` bytes of L1 left free.
LayerPlanner::Fit LayerPlanner::tryTiles(const ExternalData& external, std::int64_t kept)
{
    const std::int64_t usable = m_plan.profile->fields().l1.usableBytes();
    const auto tiling = kept < usable
                            ? m_costs.tiling(m_result.index, subject().bits, external, kept)
                            : std::nullopt;
    if (!tiling)
        return Fit::NoTiles;
    m_result.tiles = layOutTiles(subject(), *tiling);
    m_result.latency_cycles = tiling->latency_cycles;
    m_least_l1_bytes = std::min(m_least_l1_bytes, m_result.tiles.l1_bytes);
    return m_result.tiles.l1_bytes <= usable ? Fit::Fits : Fit::TooLarge;
}

/// Keeps more and more of L1 for what alignment, words behind buffers and stored borders need
/// besides the model's. Returns whether nothing had to be kept.
bool LayerPlanner::findTiles(const ExternalData& external)
{
    const std::int64_t usable = m_plan.profile->fields().l1.usableBytes();
    std::int64_t too_large = 0; // the most kept with tiles that were still too large
    std::int64_t kept = 0;
    Fit fit = tryTiles(external, kept);
    while (fit == Fit::TooLarge) {
        too_large = kept;
        kept =
            std::max(kept + least_kept, m_result.tiles.l1_bytes - m_result.tiles.tiling.l1_bytes);
        fit = tryTiles(external, kept);
    }
    // A border grows with its tile: what a large one needs can be more than any small one leaves.
    for (std::int64_t none = kept; fit != Fit::Fits && none - too_large > 1;) {
        kept = too_large + (none - too_large) / 2;
        fit = tryTiles(external, kept);
        (fit == Fit::NoTiles ? none : too_large) = kept;
    }
    if (fit != Fit::Fits)
        infeasible(
            "not even its smallest tile fits the usable L1 (" + std::to_string(usable) +
                " bytes): with alignment, whole words and borders the smallest tried needs " +
                std::to_string(m_least_l1_bytes),
            "Choose fewer bits or a target with more L1");
    return kept == 0;
}

void LayerPlanner::planTiles(const ExternalData& external, const LayerCost& promised)
{
    if (!promised.infeasible_reason.empty())
        infeasible(promised.infeasible_reason, "Choose fewer bits or another target");
    if (findTiles(external))
        m_result.latency_cycles = promised.latency_cycles;
    else
        noteOwnTiles(promised);
    if (!m_result.tiles.border_reason.empty())
        note(m_result.tiles.border_reason);
}

void LayerPlanner::noteOwnTiles(const LayerCost& promised)
{
    const auto cycles = [](double value) { return std::to_string(std::llround(value)); };
    note("its tiles are smaller than the cost model's: with alignment, whole words and borders "
         "those need more than the usable L1; promised are " +
         cycles(m_result.latency_cycles) + " cycles instead of " + cycles(promised.latency_cycles));
}

PlannedLayer LayerPlanner::plan(const ExternalData& external, const LayerCost& promised)
{
    m_result.identifier = layerIdentifier(m_result.index, m_layer.name);
    checkKernel();
    planGeometry();
    planFamily();
    const KernelName kernel = kernelName(subject().family, m_folded, isXpulpNn());
    m_result.kernel = kernel.name;
    m_result.sources = kernel.sources;
    planTiles(external, promised);
    checkSizes();
    return std::move(m_result);
}

} // namespace

PlannedLayer planLayer(ExportPlan& plan, const CostModel& costs, int layer,
                       const ExternalData& external, const LayerCost& promised)
{
    return LayerPlanner(plan, costs, layer).plan(external, promised);
}

} // namespace bitdial
