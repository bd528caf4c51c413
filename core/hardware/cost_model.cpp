// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/cost_model.h"

#include "core/hardware/kernel_dialect.h"
#include "core/hardware/memory_plan.h"
#include "core/hardware/profile_names.h"
#include "core/network/network.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace bitdial {

namespace {

std::uint64_t memoKey(int layer, LayerBits bits, ExternalData external)
{
    std::uint64_t key = std::uint64_t(layer);
    for (const int part : {bits.in, bits.weight, bits.out, external.inputs, int(external.weights),
                           int(external.output)})
        key = (key << 6) | std::uint64_t(part);
    return key;
}

CostBound dominantTerm(const Tiling& tiling)
{
    const double largest = std::max(
        {tiling.compute_cycles, tiling.transfer_cycles, tiling.l3_cycles, tiling.overhead_cycles});
    if (largest == tiling.compute_cycles)
        return CostBound::Compute;
    if (largest == tiling.l3_cycles)
        return CostBound::L3Transfer;
    return largest == tiling.transfer_cycles ? CostBound::L1Transfer : CostBound::Overhead;
}

KernelWork layerWork(const Network& network, int layer, LayerBits bits, int cores)
{
    const Layer& what = network.layer(layer);
    const LayerGeometry& geometry = what.geometry;
    KernelWork work;
    work.kind = what.kind;
    work.bits = bits;
    work.in_channels = paddedChannels(geometry.input.channels);
    work.out_channels = paddedChannels(geometry.output.channels);
    if (what.kind == LayerKind::Linear) {
        work.in_channels = paddedLinearInputs(network.tensor(what.inputs.front()).shape, bits);
        work.out_channels = paddedLinearOutputs(geometry.output.channels, bits, cores);
        return work;
    }
    work.in_height = geometry.input.height;
    work.in_width = geometry.input.width;
    work.out_height = geometry.output.height;
    work.out_width = geometry.output.width;
    work.kernel_height = geometry.kernel_height;
    work.kernel_width = geometry.kernel_width;
    work.padding = geometry.padding;
    return work;
}

void addUp(NetworkCost& cost, const Network& network, const BitAssignment& assignment)
{
    for (int i = 0; i < network.layerCount(); ++i) {
        const LayerCost& layer = cost.layers[std::size_t(i)];
        const LayerBits bits = assignment.layerBits(network, i);
        const std::int64_t macs = network.layer(i).macs();
        cost.latency_cycles += layer.latency_cycles;
        cost.weight_bytes += layer.weight_bytes;
        cost.peak_l1_bytes = std::max(cost.peak_l1_bytes, layer.l1_bytes);
        cost.peak_l2_bytes = std::max(cost.peak_l2_bytes, layer.l2_bytes);
        cost.macs += macs;
        cost.bops += double(macs) * bits.in * bits.weight;
        cost.estimated |= !layer.estimate_reason.empty();
        if (cost.infeasible_reason.empty() && !layer.infeasible_reason.empty())
            cost.infeasible_reason = network.layer(i).name + ": " + layer.infeasible_reason;
    }
}

} // namespace

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
    mutable std::mutex mutex;
    mutable std::unordered_map<std::uint64_t, LayerCost> memo;

    KernelKey kernelKey(int layer, LayerBits bits) const
    {
        if (!network->layer(layer).hasWeights())
            bits.weight = 0;
        return {network->layer(layer).kind, bits};
    }

    LayerCost compute(int layer, LayerBits bits, ExternalData external) const
    {
        const HardwareProfile::Fields& fields = profile->fields();
        const KernelKey key = kernelKey(layer, bits);
        LayerCost cost;
        cost.weight_bytes = layerWeightBytes(*network, layer, key.bits, fields.cores);
        cost.infeasible_reason = network->layer(layer).whyNotQuantizable();
        if (!cost.infeasible_reason.empty())
            return cost;
        const auto kernel = fields.kernels.find(key);
        if (kernel == fields.kernels.end()) {
            cost.infeasible_reason = "the target has no kernel " + kernelName(key);
            return cost;
        }
        const KernelWork work = layerWork(*network, layer, key.bits, fields.cores);
        const LayerGeometry& geometry = network->layer(layer).geometry;
        const Strides strides{geometry.stride_y, geometry.stride_x};
        const std::optional<Tiling> tiling =
            bestTiling(work, strides, kernel->second, fields, external);
        if (!tiling) {
            cost.infeasible_reason = "not even its smallest tile fits the usable L1 (" +
                                     std::to_string(fields.l1.usableBytes()) + " bytes)";
            return cost;
        }
        cost.latency_cycles = tiling->latency_cycles;
        cost.compute_cycles = tiling->compute_cycles;
        cost.transfer_cycles = tiling->transfer_cycles;
        cost.l3_cycles = tiling->l3_cycles;
        cost.overhead_cycles = tiling->overhead_cycles;
        cost.bound = dominantTerm(*tiling);
        cost.l1_bytes = tiling->l1_bytes;
        cost.tiles = tiling->tiles;
        noteEstimates(cost, kernel->second, external);
        return cost;
    }

    void noteEstimates(LayerCost& cost, const KernelModel& kernel, ExternalData external) const
    {
        const HardwareProfile::Fields& fields = profile->fields();
        const auto note = [&](bool applies, bool marks, const std::string& text) {
            if (!applies)
                return;
            cost.estimate_reason += (cost.estimate_reason.empty() ? "" : "; ") + text;
            cost.estimated |= marks;
        };
        note(kernel.estimated, true, "kernel: " + kernel.source);
        note(external.any() && fields.l3.estimated, true,
             "the transfers from L3 were not measured");
        note(cost.transfer_cycles > 0 && fields.dma.estimated, cost.bound == CostBound::L1Transfer,
             "the DMA's figures were not all measured");
        note(cost.overhead_cycles > 0 && fields.overhead.estimated,
             cost.bound == CostBound::Overhead, "the overhead was not measured");
    }

    LayerCost memoised(int layer, LayerBits bits, ExternalData external) const
    {
        const std::uint64_t key = memoKey(layer, bits, external);
        {
            const std::lock_guard lock(mutex);
            if (const auto found = memo.find(key); found != memo.end())
                return found->second;
        }
        const LayerCost cost = compute(layer, bits, external);
        const std::lock_guard lock(mutex);
        return memo.emplace(key, cost).first->second;
    }

    /// Totals of layers whose own costs are known.
    void finish(NetworkCost& cost, const BitAssignment& assignment, const MemoryPlan& plan) const
    {
        for (std::size_t i = 0; i < cost.layers.size(); ++i)
            cost.layers[i].l2_bytes = plan.l2_bytes[i];
        addUp(cost, *network, assignment);
        cost.latency_ms = cost.latency_cycles / profile->clockHz() * 1e3;
        if (cost.infeasible_reason.empty())
            cost.infeasible_reason = plan.infeasible_reason;
    }
};

CostModel::CostModel(std::shared_ptr<const Network> network,
                     std::shared_ptr<const HardwareProfile> profile)
    : d(std::make_unique<Private>())
{
    d->network = std::move(network);
    d->profile = std::move(profile);
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
    const MemoryPlan plan = planMemory(*d->network, assignment, d->profile->fields());
    NetworkCost cost;
    for (int i = 0; i < d->network->layerCount(); ++i)
        cost.layers.push_back(d->memoised(i, assignment.layerBits(*d->network, i),
                                          plan.externalData(*d->network, i)));
    d->finish(cost, assignment, plan);
    return cost;
}

NetworkCost CostModel::recost(const NetworkCost& before, const BitAssignment& old_bits,
                              const BitAssignment& new_bits) const
{
    const HardwareProfile::Fields& fields = d->profile->fields();
    const MemoryPlan old_plan = planMemory(*d->network, old_bits, fields);
    const MemoryPlan plan = planMemory(*d->network, new_bits, fields);
    NetworkCost cost;
    cost.layers = before.layers;
    for (int i = 0; i < d->network->layerCount(); ++i) {
        const LayerBits bits = new_bits.layerBits(*d->network, i);
        const ExternalData external = plan.externalData(*d->network, i);
        // Either the widths changed, or where the layer's data live did.
        if (memoKey(i, bits, external) !=
            memoKey(i, old_bits.layerBits(*d->network, i), old_plan.externalData(*d->network, i)))
            cost.layers[std::size_t(i)] = d->memoised(i, bits, external);
    }
    d->finish(cost, new_bits, plan);
    return cost;
}

LayerCost CostModel::layerCost(int layer, LayerBits bits) const
{
    LayerCost cost = d->memoised(layer, bits, {});
    const Layer& what = d->network->layer(layer);
    cost.l2_bytes =
        cost.weight_bytes + storedTensorBytes(d->network->tensor(what.output).shape, bits.out);
    for (const int input : what.inputs)
        cost.l2_bytes += storedTensorBytes(d->network->tensor(input).shape, bits.in);
    return cost;
}

bool CostModel::hasKernel(int layer, LayerBits bits) const
{
    return d->network->layer(layer).whyNotQuantizable().empty() &&
           d->profile->fields().kernels.contains(d->kernelKey(layer, bits));
}

} // namespace bitdial
