// SPDX-License-Identifier: Apache-2.0
#include "refusal_check.h"

#include "core/deployment/pulp_nn/tile_plan.h"
#include "core/hardware/model/called_geometry.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/model/memory_plan.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <array>
#include <cctype>
#include <vector>

namespace bitdial::test {
namespace {

constexpr std::array<const char*, 7> kinds = {
    "kernel for",
    "works on 8 bits only",
    "the XpulpNN kernel for signed 2-bit inputs",
    "not even its smallest tile fits the usable L1",
    "its smallest tile does not fit the part of L2",
    "does not hold the buffers of",
    "usable bytes; activations take",
};

int layerOf(const Network& network, const std::string& where)
{
    for (int layer = 0; layer < network.layerCount(); ++layer)
        if (where.find("'" + network.layer(layer).name + "'") != std::string::npos)
            return layer;
    return -1;
}

std::vector<std::int64_t> numbersIn(const std::string& text)
{
    std::vector<std::int64_t> numbers;
    bool inside = false;
    char before = ' ';
    for (const char c : text) {
        const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
        // L2 and L3 are names.
        if (digit && !inside && before != 'L')
            numbers.push_back(0);
        if (digit && before != 'L')
            numbers.back() = numbers.back() * 10 + (c - '0');
        inside = digit && before != 'L';
        before = c;
    }
    return numbers;
}

/// The most elements of an input of `length` that one output's window covers.
int widestWindow(int length, int outputs, int kernel, int stride, int padding)
{
    int widest = 0;
    for (int i = 0; i < outputs; ++i) {
        const int first = i * stride - padding;
        widest = std::max(widest, std::min(first + kernel, length) - std::max(first, 0));
    }
    return widest;
}

/// Bytes of L1 for the smallest tile that the kernels allow: one pixel, one unit of channels. Words
/// behind buffers and alignment are counted; a border that is stored is not.
std::int64_t smallestTileBytes(const ExportRequest& request, int index)
{
    const Network& network = *request.network->network;
    const Layer& layer = network.layer(index);
    const auto& fields = request.profile->fields();
    const LayerBits bits =
        calledBits(network, index, request.network->assignment.layerBits(network, index), fields);
    const LayerGeometry g = calledGeometry(layer, bits, fields);
    const int in_channels = paddedChannels(g.input.channels);
    const std::int64_t taps = std::int64_t(g.kernel_height) * g.kernel_width;
    const std::int64_t window =
        std::int64_t(widestWindow(g.input.height, g.output.height, g.kernel_height, g.stride_y,
                                  g.padding.top)) *
        widestWindow(g.input.width, g.output.width, g.kernel_width, g.stride_x, g.padding.left);
    // Tables of this layer and the next one are in L1 as well.
    constexpr std::int64_t alignment_and_slack = 80 + 1536 + 512;
    const auto requantization = [&](std::int64_t channels) {
        return channels * requantBytesPerChannel(bits);
    };
    switch (layer.kind) {
    case LayerKind::Conv:
        return packedBytes(std::int64_t(in_channels) * window, bits.in) +
               packedBytes(8 * taps * in_channels, bits.weight) + requantization(8) + bits.out +
               packedBytes(2 * fields.cores * taps * in_channels,
                           fields.im2col_packed ? std::max(bits.in, bits.weight) : 8) +
               alignment_and_slack;
    case LayerKind::Linear: {
        const auto& stored = network.tensor(layer.inputs[0]).shape;
        const std::int64_t inputs = paddedLinearInputs(stored, bits);
        const std::int64_t neurons = bits.out == 32 ? std::min(8, g.output.channels)
                                                    : linearNeuronMultiple(bits, fields.cores);
        return packedBytes(inputs, bits.in) + packedBytes(neurons * inputs, bits.weight) +
               requantization(neurons) + packedBytes(neurons, bits.out) +
               2 * fields.cores * inputs + alignment_and_slack;
    }
    case LayerKind::Add:
        return packedBytes(std::int64_t(in_channels) * g.input.width, bits.in) * 2 +
               packedBytes(std::int64_t(in_channels) * g.input.width, bits.out) +
               alignment_and_slack;
    default: { // with the border
        const std::int64_t group = bits.weight ? depthwiseGroup(bits) : 0;
        const std::int64_t column = g.kernel_width * (g.kernel_height + std::int64_t(1));
        // Spread: once as it comes, once as planes or with its border.
        return packedBytes(8 * taps, bits.in) +
               packedBytes(8 * g.kernel_height * roundUp(g.kernel_width, 4), bits.in) +
               packedBytes(8 * taps, bits.weight) + requantization(8) + bits.out +
               fields.cores * group * (column + taps) + alignment_and_slack;
    }
    }
}

bool kernelReasonHolds(const ExportRequest& request, const std::string& why, int index)
{
    const Network& network = *request.network->network;
    const Layer& layer = network.layer(index);
    const LayerBits bits = request.network->assignment.layerBits(network, index);
    if (why.find(kinds[2]) != std::string::npos)
        return bits.in == 2 && bits.weight == 4 &&
               request.network->layers[std::size_t(index)].inputs[0].is_signed &&
               network.producedNonNegative(layer.inputs[0]);
    if (why.find(kinds[0]) != std::string::npos)
        return !CostModel(request.network->network, request.profile).hasKernel(index, bits);
    return layer.kind == LayerKind::MaxPool && bits.in != 8;
}

bool memoryReasonHolds(const ExportRequest& request, const std::string& why, int index)
{
    const auto& fields = request.profile->fields();
    const CostModel costs(request.network->network, request.profile);
    const auto& assignment = request.network->assignment;
    if (why.find(kinds[3]) != std::string::npos)
        return index >= 0 && smallestTileBytes(request, index) > fields.l1.usableBytes();
    if (why.find(kinds[4]) != std::string::npos) {
        const LayerBits bits = assignment.layerBits(*request.network->network, index);
        const MemoryPlan plan = costs.memoryPlan(assignment);
        return !costs.tiling(index, bits, costs.externalData(plan, index)) &&
               costs.tiling(index, bits, {});
    }
    if (why.find(kinds[5]) != std::string::npos)
        return !costs.memoryPlan(assignment).infeasible_reason.empty();
    const auto numbers = numbersIn(why);
    return numbers.size() == 4 && numbers[0] == fields.l2.usableBytes() &&
           numbers[1] + numbers[2] + numbers[3] > numbers[0];
}

} // namespace

bool refusalHolds(const ExportRequest& request, const ErrorDetails& refusal)
{
    const std::string kind = refusalKind(refusal);
    if (refusal.code != ErrorCode::Infeasible || kind.empty())
        return false;
    const int layer = layerOf(*request.network->network, refusal.where);
    for (const std::size_t i : {0U, 1U, 2U})
        if (kind == kinds[i])
            return layer >= 0 && kernelReasonHolds(request, refusal.why, layer);
    return memoryReasonHolds(request, refusal.why, layer);
}

std::string refusalKind(const ErrorDetails& refusal)
{
    // The more particular first: "kernel for" is part of others.
    for (std::size_t i = kinds.size(); i-- > 0;)
        if (refusal.why.find(kinds[i]) != std::string::npos)
            return kinds[i];
    return {};
}

} // namespace bitdial::test
