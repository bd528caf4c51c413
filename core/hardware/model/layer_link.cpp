// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/layer_link.h"

#include "core/hardware/model/exact_cycles.h"

#include <algorithm>

namespace bitdial {

LayerLinks::LayerLinks(const Network& network, const HardwareProfile::Fields& profile)
    : m_profile(profile)
{
    for (const ActivationTensor& tensor : network.tensors())
        m_producers.push_back(tensor.producer);
    for (int i = 0; i < network.layerCount(); ++i) {
        const Layer& layer = network.layer(i);
        LayerData& data = m_layers.emplace_back();
        for (std::size_t k = 0; k < std::min<std::size_t>(2, layer.inputs.size()); ++k)
            data.inputs[k] = layer.inputs[k];
        data.channel_wise = layer.kind == LayerKind::DepthwiseConv || !layer.hasWeights();
        data.has_weights = layer.hasWeights();
        const ActivationTensor& out = network.tensor(layer.output);
        data.only_next_reads =
            layer.output != network.output() &&
            std::ranges::all_of(out.consumers, [i](int reader) { return reader == i + 1; });
    }
}

LayerLink LayerLinks::link(int layer, const Tiling& before, const Tiling& own, bool weights_in_l3,
                           const std::vector<char>& in_l3) const
{
    LayerLink link;
    const LayerData& data = m_layers[std::size_t(layer)];
    const bool loads_once = data.channel_wise ? own.tiles == 1 : own.map_tiles == 1;
    LayerLink wanted;
    wanted.early_table = own.l1.table > 0;
    wanted.early_parameters = wanted.early_table && data.has_weights && !weights_in_l3;
    for (std::size_t k = 0; k < 2; ++k) {
        const int tensor = data.inputs[k];
        if (tensor < 0 || in_l3[std::size_t(tensor)] != 0)
            continue;
        const bool from_before = m_producers[std::size_t(tensor)] == layer - 1;
        link.resident[k] = from_before && before.tiles == 1 && loads_once &&
                           before.l1.output.bytes <= own.l1.input.bytes;
        wanted.early_input[k] = !from_before;
    }
    const std::int64_t room = m_profile.l1.usableBytes() - before.l1.bytes();
    if (earlyBytes(own, wanted) > room)
        wanted.early_input = {};
    if (earlyBytes(own, wanted) > room)
        wanted.early_parameters = false;
    wanted.early_table &= earlyBytes(own, wanted) <= room;
    link.early_table = wanted.early_table;
    link.early_input = wanted.early_input;
    link.early_parameters = wanted.early_parameters;
    return link;
}

std::int64_t LayerLinks::earlyBytes(const Tiling& own, const LayerLink& link)
{
    return (link.early_table ? own.l1.table : 0) +
           (link.early_parameters ? own.l1.parameters.bytes : 0) +
           (int(link.early_input[0]) + int(link.early_input[1])) * own.l1.input.bytes;
}

void LayerLinks::addCommands(LinkChange& change, double commands) const
{
    change.transfers += commands;
    change.overhead_cycles += commands * m_profile.dma.program_cycles;
    change.latency_cycles += commands * m_profile.dma.program_cycles;
}

LinkChange LayerLinks::changeOfSecond(const Tiling& second, const LayerLink& link) const
{
    LinkChange change;
    const auto spare = [&](double transfer_cycles, double commands) {
        change.transfer_cycles -= transfer_cycles;
        change.latency_cycles -= transfer_cycles;
        addCommands(change, -commands);
    };
    for (std::size_t k = 0; k < 2; ++k) {
        if (link.resident[k] || link.early_input[k])
            spare(second.first_input_cycles, second.input_commands);
        if (link.resident[k])
            change.moved_bytes -= double(second.l1.input.bytes);
    }
    if (link.early_parameters)
        spare(second.first_parameters_cycles, second.parameters_commands);
    // The table alone: its transfer's start is part of every layer's overhead.
    if (second.l1.table > 0 && !link.early_table) {
        const double load = dmaCycles(m_profile.dma, double(second.l1.table), 1, false);
        change.transfer_cycles += load;
        change.latency_cycles += load;
    }
    return change;
}

LinkChange LayerLinks::changeOfFirst(int layer, const Tiling& first, const Tiling& second,
                                     const LayerLink& link) const
{
    LinkChange change;
    if (!isStored(layer, link)) {
        change.transfer_cycles -= first.last_store_cycles;
        change.latency_cycles -= first.last_store_cycles;
        addCommands(change, -first.store_commands);
        change.moved_bytes -= double(first.l1.output.bytes);
    }
    double early = 0;
    for (const bool input : link.early_input)
        if (input) {
            early += second.first_input_cycles;
            addCommands(change, second.input_commands);
        }
    if (link.early_table)
        early += dmaCycles(m_profile.dma, double(second.l1.table), 1, false);
    if (link.early_parameters)
        early += second.first_parameters_cycles;
    change.transfer_cycles += early;
    change.latency_cycles += std::max(0.0, early - first.last_kernel_cycles);
    return change;
}

LinkedPair LayerLinks::pair(int layer, const Tiling& before, const Tiling& own, bool weights_in_l3,
                            const std::vector<char>& in_l3) const
{
    if (!before.library || !own.library)
        return {};
    LinkedPair pair;
    pair.link = link(layer, before, own, weights_in_l3, in_l3);
    pair.first = changeOfFirst(layer - 1, before, own, pair.link);
    pair.second = changeOfSecond(own, pair.link);
    for (LinkChange* change : {&pair.first, &pair.second}) {
        const double cycles = change->latency_cycles;
        change->latency_cycles = exactCycles(cycles);
        change->overhead_cycles += change->latency_cycles - cycles; // as LayerCosts::option does
    }
    return pair;
}

} // namespace bitdial
