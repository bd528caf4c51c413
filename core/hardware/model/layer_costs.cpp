// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/layer_costs.h"

#include "core/hardware/model/called_geometry.h"
#include "core/hardware/model/exact_cycles.h"
#include "core/hardware/model/memory_plan.h"
#include "core/hardware/model/tile_cost.h"
#include "core/hardware/profile/kernel_dialect.h"
#include "core/hardware/profile/names.h"

#include <algorithm>

namespace bitdial {

namespace {

/// No network takes so long; figures that say so are mistyped, and sums stay exact below.
constexpr double most_cycles = 1e15;

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

/// Stride as measured tables have it: one number; none where it differs by direction.
std::optional<int> squareStride(const LayerGeometry& geometry)
{
    return geometry.stride_y == geometry.stride_x ? std::optional(geometry.stride_y) : std::nullopt;
}

/// A layer's own shape as a measured table of layers gives it: without padded channels.
KernelWork plainWork(const Layer& layer, LayerBits bits)
{
    const LayerGeometry& geometry = layer.geometry;
    return {layer.kind,
            bits,
            geometry.input.channels,
            geometry.input.height,
            geometry.input.width,
            geometry.output.channels,
            geometry.output.height,
            geometry.output.width,
            geometry.kernel_height,
            geometry.kernel_width,
            geometry.padding};
}

} // namespace

LayerCosts::Shape::~Shape()
{
    for (const auto& cost : costs)
        delete cost.load(std::memory_order_relaxed);
}

LayerCosts::LayerCosts(const Network& network, const HardwareProfile::Fields& profile)
    : m_network(network), m_profile(profile)
{
    for (const auto& [key, model] : profile.kernels)
        m_kernels[std::size_t(key.kind) * 64 + widthsIndex(key.bits)] = &model;
    for (int layer = 0; layer < network.layerCount(); ++layer)
        m_shape_of.push_back(shapeOf(layer));
}

LayerCosts::~LayerCosts() = default;

/// Whether a measured figure belongs to the layer of this name only.
bool LayerCosts::hasOwnEntry(const Layer& layer) const
{
    return std::ranges::any_of(m_profile.measured, [&](const auto& entry) {
        return entry.first.scope == MeasuredScope::Layer && entry.first.layer == layer.name;
    });
}

LayerCosts::Shape* LayerCosts::shapeOf(int layer)
{
    const Layer& what = m_network.layer(layer);
    const TensorShape& input = m_network.tensor(what.inputs.front()).shape;
    const bool reads_network_input = what.inputs.front() == m_network.input();
    const bool non_negative_input = m_network.producedNonNegative(what.inputs.front());
    // Layers that cannot be quantized say why in their own words.
    const bool shareable = what.whyNotQuantizable().empty() && !hasOwnEntry(what);
    for (const auto& shape : m_shapes)
        if (shareable && shape->shareable && shape->kind == what.kind &&
            shape->geometry == what.geometry && shape->input == input &&
            shape->reads_network_input == reads_network_input &&
            shape->non_negative_input == non_negative_input)
            return shape.get();
    Shape& shape = *m_shapes.emplace_back(std::make_unique<Shape>());
    shape.kind = what.kind;
    shape.geometry = what.geometry;
    shape.input = input;
    shape.reads_network_input = reads_network_input;
    shape.non_negative_input = non_negative_input;
    shape.shareable = shareable;
    return &shape;
}

const KnownCost& LayerCosts::learn(std::atomic<const KnownCost*>& memo, int layer, LayerBits bits,
                                   ExternalData external) const
{
    auto known = std::make_unique<KnownCost>();
    compute(*known, layer, bits, external);
    const KnownCost* expected = nullptr;
    if (memo.compare_exchange_strong(expected, known.get(), std::memory_order_acq_rel))
        return *known.release();
    return *expected; // another thread was faster
}

LayerBits LayerCosts::ownBits(int layer, LayerBits bits) const
{
    if (!m_network.layer(layer).hasWeights())
        bits.weight = 0;
    return bits;
}

LayerBits LayerCosts::kernelBits(int layer, LayerBits bits) const
{
    return calledBits(m_network, layer, ownBits(layer, bits), m_profile);
}

const KernelModel* LayerCosts::kernel(int layer, LayerBits bits) const
{
    const Layer& what = m_network.layer(layer);
    if (!what.whyNotQuantizable().empty())
        return nullptr;
    return m_kernels[std::size_t(what.kind) * 64 + widthsIndex(kernelBits(layer, bits))];
}

KernelWork LayerCosts::work(int layer, LayerBits bits) const
{
    const Layer& what = m_network.layer(layer);
    KernelWork work = plainWork(what, kernelBits(layer, bits));
    if (what.kind == LayerKind::Linear) {
        work.in_channels = paddedLinearInputs(m_network.tensor(what.inputs.front()).shape, bits,
                                              m_profile.dialect);
        work.out_channels = paddedLinearOutputs(what.geometry.output.channels, bits,
                                                m_profile.cores, m_profile.dialect);
        return work;
    }
    const LayerGeometry called = calledGeometry(what, bits, m_profile);
    work.kernel_height = called.kernel_height;
    work.kernel_width = called.kernel_width;
    work.padding = called.padding;
    work.in_channels = calledInputChannels(m_network, layer, kernelBits(layer, bits), m_profile);
    work.out_channels = paddedChannels(what.geometry.output.channels, 8, m_profile.dialect);
    return work;
}

const MeasuredEntry* LayerCosts::measuredCall(int layer, LayerBits bits) const
{
    const auto stride = squareStride(m_network.layer(layer).geometry);
    if (m_profile.measured.empty() || !stride)
        return nullptr;
    const auto found = m_profile.measured.find(measuredKey(work(layer, bits), *stride));
    return found == m_profile.measured.end() ? nullptr : &found->second;
}

const MeasuredEntry* LayerCosts::measuredLayer(int layer, LayerBits bits) const
{
    const Layer& what = m_network.layer(layer);
    const auto stride = squareStride(what.geometry);
    if (m_profile.measured.empty() || !stride)
        return nullptr;
    MeasuredKey key = measuredKey(plainWork(what, ownBits(layer, bits)), *stride);
    key.scope = MeasuredScope::Layer;
    // A figure for the layer of this name goes before one for any layer of its shape.
    for (const std::string& name : {what.name, std::string()}) {
        key.layer = name;
        if (const auto found = m_profile.measured.find(key); found != m_profile.measured.end())
            return &found->second;
    }
    return nullptr;
}

template <typename Find>
std::optional<Tiling> LayerCosts::cut(int layer, LayerBits bits, ExternalData external,
                                      Find find) const
{
    const KernelModel* model = kernel(layer, bits);
    if (model == nullptr)
        return std::nullopt;
    const LayerGeometry& geometry = m_network.layer(layer).geometry;
    const KernelWork whole = work(layer, bits);
    const MeasuredEntry* call = measuredCall(layer, bits);
    return find(TilingProblem{whole,
                              {geometry.stride_y, geometry.stride_x},
                              *model,
                              m_profile,
                              external,
                              call != nullptr ? std::optional(call->cycles) : std::nullopt});
}

std::optional<Tiling> LayerCosts::tiling(int layer, LayerBits bits, ExternalData external) const
{
    return cut(layer, bits, external, bestTiling);
}

std::string LayerCosts::whyInfeasible(const std::optional<Tiling>& cut, int layer, LayerBits bits,
                                      ExternalData external) const
{
    std::string why = m_network.layer(layer).whyNotQuantizable();
    if (!why.empty())
        return why;
    if (kernel(layer, bits) == nullptr)
        why = "the target has no kernel " +
              kernelName({m_network.layer(layer).kind, kernelBits(layer, bits)});
    else if (!cut)
        why = whyNoTile(layer, bits, external);
    else if (!(cut->latency_cycles < most_cycles))
        why = "the profile's figures give it more than 1e15 cycles";
    if (!why.empty() && measuredLayer(layer, bits) != nullptr)
        why += "; its measured cycles are not used";
    return why;
}

void LayerCosts::compute(KnownCost& known, int layer, LayerBits bits, ExternalData external) const
{
    const std::optional<Tiling> best = tiling(layer, bits, external);
    known.weight_bytes = layerWeightBytes(m_network, layer, bits, m_profile);
    known.count = 1;
    LayerCost& refused = known.options[0].cost;
    refused.infeasible_reason = whyInfeasible(best, layer, bits, external);
    refused.weight_bytes = known.weight_bytes;
    known.infeasible = !refused.infeasible_reason.empty();
    if (known.infeasible)
        return;
    known.measured_whole = measuredLayer(layer, bits) != nullptr;
    known.options[0] = option(*best, layer, bits, external);
    if (!best->library || best->tiles == 1 || known.measured_whole)
        return;
    if (const auto whole = cut(layer, bits, external, wholeTiling))
        known.options[std::size_t(known.count++)] = option(*whole, layer, bits, external);
}

double LayerCosts::paddedPart(int layer, LayerBits bits) const
{
    const auto operations = [](const KernelWork& work) {
        const bool own_channels = work.kind != LayerKind::Conv && work.kind != LayerKind::Linear;
        return double(work.out_channels) * (own_channels ? 1 : work.in_channels) *
               work.kernel_height * work.kernel_width;
    };
    const KernelWork called = work(layer, bits);
    KernelWork own = plainWork(m_network.layer(layer), bits);
    if (own.kind == LayerKind::Linear) {
        const TensorShape& input = m_network.tensor(m_network.layer(layer).inputs.front()).shape;
        own.in_channels = int(input.elements());
    }
    return 1 - operations(own) / operations(called);
}

CostOption LayerCosts::option(const Tiling& cut, int layer, LayerBits bits,
                              ExternalData external) const
{
    CostOption result;
    result.tiling = cut;
    // What is rounded off counts as overhead, so that a layer stays the sum of its parts.
    result.tiling.latency_cycles = exactCycles(cut.latency_cycles);
    result.tiling.overhead_cycles += result.tiling.latency_cycles - cut.latency_cycles;
    LayerCost& cost = result.cost;
    cost.weight_bytes = layerWeightBytes(m_network, layer, bits, m_profile);
    cost.latency_cycles = result.tiling.latency_cycles;
    cost.compute_cycles = cut.compute_cycles;
    cost.transfer_cycles = cut.transfer_cycles;
    cost.l3_cycles = cut.l3_cycles;
    cost.overhead_cycles = result.tiling.overhead_cycles;
    cost.work = cut.work;
    cost.spread_cycles = spreadCycles(m_profile, cut.work);
    cost.padding_cycles = cut.compute_cycles * paddedPart(layer, bits);
    cost.bound = dominantTerm(cut);
    cost.l1_bytes = cut.l1.bytes();
    cost.tiles = cut.tiles;
    const MeasuredEntry* call = cut.tiles == 1 ? measuredCall(layer, bits) : nullptr;
    if (call != nullptr) {
        cost.measured = true;
        cost.measured_samples = call->count;
    }
    noteEstimates(cost, call != nullptr, *kernel(layer, bits), external);
    applyMeasuredLayer(cost, layer, bits);
    addEnergy(cost, cut, layer, bits);
    result.latency_cycles = cost.latency_cycles;
    result.energy_uj = cost.energy_uj.value_or(0);
    result.l1_bytes = cost.l1_bytes;
    result.has_energy = cost.energy_uj.has_value();
    result.estimated = !cost.estimate_reason.empty();
    return result;
}

std::string LayerCosts::whyNoTile(int layer, LayerBits bits, ExternalData external) const
{
    if (external.any() && tiling(layer, bits, {}))
        return "its smallest tile does not fit the part of L2 through which data from L3 stream (" +
               std::to_string(streamingBytes(m_profile)) + " of " +
               std::to_string(m_profile.l2.usableBytes()) + " usable bytes)";
    return "not even its smallest tile fits the usable L1 (" +
           std::to_string(m_profile.l1.usableBytes()) + " bytes, " +
           std::to_string(m_profile.l1.reserved_bytes) + " more are reserved)";
}

void LayerCosts::applyMeasuredLayer(LayerCost& cost, int layer, LayerBits bits) const
{
    const MeasuredEntry* entry = measuredLayer(layer, bits);
    if (entry == nullptr)
        return;
    cost.latency_cycles = exactCycles(entry->cycles);
    cost.measured = true;
    cost.measured_samples = entry->count;
    cost.estimated = false;
    cost.estimate_reason.clear();
}

void LayerCosts::addEnergy(LayerCost& cost, const Tiling& tiling, int layer, LayerBits bits) const
{
    if (!m_profile.power)
        return;
    const PowerModel& power = *m_profile.power;
    if (power.kind == PowerModel::Kind::States) {
        const double active =
            std::min(cost.latency_cycles, cost.compute_cycles + cost.overhead_cycles);
        const double waiting = cost.latency_cycles - active;
        // mW x s = mJ
        cost.energy_uj =
            (power.active_mw * active + power.transfer_mw * waiting) / m_profile.clock_hz * 1e3;
    } else {
        const double macs = double(m_network.layer(layer).macs());
        const LayerBits called = kernelBits(layer, bits);
        const auto per_mac = power.pjPerMac(called.in, called.weight);
        if (macs > 0 && !per_mac)
            return;
        cost.energy_uj =
            (macs * per_mac.value_or(0) + double(tiling.moved_bytes) * power.pj_per_byte_l2 +
             double(tiling.l3_bytes) * power.pj_per_byte_l3) *
            1e-6;
    }
    if (power.estimated)
        cost.estimate_reason += std::string(cost.estimate_reason.empty() ? "" : "; ") +
                                "the energy's figures are not verified";
}

void LayerCosts::noteEstimates(LayerCost& cost, bool kernel_measured, const KernelModel& kernel,
                               ExternalData external) const
{
    const auto note = [&](bool applies, bool marks, const std::string& text) {
        if (!applies)
            return;
        cost.estimate_reason += (cost.estimate_reason.empty() ? "" : "; ") + text;
        cost.estimated |= marks;
    };
    note(m_profile.machine_estimated, false, "clock, cores, L1 or L2 are not verified");
    note(kernel.estimated && !kernel_measured, true, "kernel: " + kernel.source);
    note(external.any() && m_profile.l3.estimated, true, "the transfers from L3 were not measured");
    note(cost.transfer_cycles > 0 && m_profile.dma.estimated, cost.bound == CostBound::L1Transfer,
         "the DMA's figures were not all measured");
    note(cost.overhead_cycles > 0 && m_profile.overhead.estimated,
         cost.bound == CostBound::Overhead, "the overhead was not measured");
}

} // namespace bitdial
