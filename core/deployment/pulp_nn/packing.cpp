// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/packing.h"

namespace bitdial {
namespace {

/// O,kH,kW,I with padded input channels; a linear layer's input is the flattened stored tensor.
std::vector<std::int32_t> arrangeFilters(const ExportPlan& plan, const PlannedLayer& planned)
{
    const auto& layer = plan.layer(planned);
    const auto& weights = plan.folded(planned).weights;
    const auto& source = plan.tensor(layer.inputs[0]);
    const bool linear = layer.kind == LayerKind::Linear;
    const int height = linear ? source.shape.height : planned.subject.kernel_height;
    const int width = linear ? source.shape.width : planned.subject.kernel_width;
    const auto plane = std::size_t(height) * std::size_t(width);
    const auto channels = std::size_t(source.shape.channels);
    const auto stored = std::size_t(source.channels);
    const std::size_t length = linear ? std::size_t(planned.subject.in.channels)
                                      : plane * std::size_t(planned.subject.in.channels);
    const std::size_t each = plane * channels;
    std::vector<std::int32_t> filters(std::size_t(planned.subject.out.channels) * length, 0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::size_t inside = i % each;
        const std::size_t at = inside % plane * stored + inside / plane;
        filters[i / each * length + at] = weights[i];
    }
    return filters;
}

/// Elements in the order of the packed planes: group of channels, tap, channel inside the group.
/// The window that is called can be larger than the layer's.
std::vector<std::int32_t> arrangeDepthwise(const ExportPlan& plan, const PlannedLayer& planned)
{
    const auto& folded = plan.folded(planned);
    const auto group = std::size_t(8 / planned.subject.bits.weight);
    const auto& own = plan.layer(planned).geometry;
    const auto own_width = std::size_t(own.kernel_width);
    const std::size_t own_taps = std::size_t(own.kernel_height) * own_width;
    const auto width = std::size_t(planned.subject.kernel_width);
    const std::size_t taps = std::size_t(planned.subject.kernel_height) * width;
    std::vector<std::int32_t> planes(std::size_t(planned.subject.out.channels) * taps, 0);
    for (std::size_t i = 0; i < folded.weights.size(); ++i) {
        const std::size_t channel = i / own_taps;
        const std::size_t tap = i % own_taps / own_width * width + i % own_width;
        planes[(channel / group * taps + tap) * group + channel % group] = folded.weights[i];
    }
    return planes;
}

} // namespace

std::vector<std::uint8_t> packElements(std::span<const std::int32_t> values, int bits)
{
    const auto width = std::size_t(bits);
    std::vector<std::uint8_t> bytes((values.size() * width + 7) / 8, 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto value = std::uint32_t(values[i]);
        if (bits == 32) {
            for (std::size_t b = 0; b < 4; ++b)
                bytes[i * 4 + b] = std::uint8_t(value >> (8 * b));
            continue;
        }
        const std::uint32_t mask = (1U << width) - 1;
        bytes[i * width / 8] |= std::uint8_t((value & mask) << (i * width % 8));
    }
    return bytes;
}

std::vector<std::uint8_t> packTensor(const StoredTensor& tensor,
                                     std::span<const std::int32_t> values)
{
    const auto plane = std::size_t(tensor.shape.height) * std::size_t(tensor.shape.width);
    const auto stored = std::size_t(tensor.channels);
    std::vector<std::int32_t> elements(plane * stored, 0);
    for (std::size_t i = 0; i < values.size(); ++i)
        elements[i % plane * stored + i / plane] = values[i];
    return packElements(elements, tensor.type.bits);
}

std::vector<std::uint8_t> packWeights(const ExportPlan& plan, const PlannedLayer& layer)
{
    const auto elements = layer.subject.family == KernelFamily::Depthwise
                              ? arrangeDepthwise(plan, layer)
                              : arrangeFilters(plan, layer);
    return packElements(elements, layer.subject.bits.weight);
}

std::vector<std::int32_t> paddedParameters(const PlannedLayer& layer,
                                           std::span<const std::int32_t> values)
{
    std::vector<std::int32_t> padded(values.begin(), values.end());
    padded.resize(std::size_t(layer.subject.out.channels), 0);
    return padded;
}

std::vector<std::uint8_t> packParameters(const ExportPlan& plan, const PlannedLayer& layer)
{
    const IntegerLayer& folded = plan.folded(layer);
    const std::vector<std::uint8_t> weights = packWeights(plan, layer);
    std::vector<std::vector<std::int32_t>> lists;
    if (layer.subject.family == KernelFamily::Linear32)
        lists = {paddedParameters(layer, folded.bias)};
    else
        lists = {paddedParameters(layer, folded.kappa), paddedParameters(layer, folded.lambda)};
    std::vector<std::uint8_t> blocks;
    for (int part = 0; part < layer.tiles.channel_tiles; ++part) {
        const int begin = part * layer.tiles.tiling.channels;
        const int channels = layer.tiles.channelsOf(part);
        const ParameterBlock block = parameterBlock(layer.subject, channels);
        const std::size_t at = blocks.size();
        const auto first = std::size_t(
            packedBytes(filterElements(layer.subject) * begin, layer.subject.bits.weight));
        const auto bytes = std::size_t(
            packedBytes(filterElements(layer.subject) * channels, layer.subject.bits.weight));
        const auto from = weights.begin() + std::ptrdiff_t(first);
        blocks.insert(blocks.end(), from, from + std::ptrdiff_t(bytes));
        blocks.resize(at + std::size_t(block.kappa), 0);
        for (const std::vector<std::int32_t>& list : lists) {
            const auto words = packElements(
                std::span(list).subspan(std::size_t(begin), std::size_t(channels)), 32);
            blocks.insert(blocks.end(), words.begin(), words.end());
        }
    }
    return blocks;
}

} // namespace bitdial
