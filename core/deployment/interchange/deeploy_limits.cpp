// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/deeploy_limits.h"

#include "core/deployment/interchange/kernel_limits.h"
#include "core/deployment/interchange/symmetric_window.h"

#include <algorithm>

namespace bitdial {
namespace {

using Refusal = std::optional<DeeployRefusal>;

const std::string other_export = "Use a network with another geometry there, or the PULP-NN export";

Refusal whyNotDepthwise(const LayerGeometry& g)
{
    const SymmetricWindow window(g);
    if (auto why = whyDepthwiseWindowIsWrong(window.height, window.width); !why.empty())
        return DeeployRefusal{std::move(why), other_export};
    if (auto why = whyDepthwiseBorderIsWrong(g); !why.empty())
        return DeeployRefusal{std::move(why), other_export};
    if (g.output.channels < leastDepthwiseChannels(g))
        return DeeployRefusal{
            "the buffer that Deeploy gives its depthwise kernel is too small for " +
                std::to_string(g.output.channels) + " channels of height " +
                std::to_string(g.input.height),
            other_export};
    // DWConvTileConstraint.py counts the input back from the output.
    const auto counted_back = [&](int outputs, int stride, int taps) {
        return outputs * stride + taps - 1 - 2 * window.padding;
    };
    if ((g.stride_y > 1 &&
         counted_back(g.output.height, g.stride_y, window.height) != g.input.height) ||
        (g.stride_x > 1 && counted_back(g.output.width, g.stride_x, window.width) != g.input.width))
        return DeeployRefusal{
            "Deeploy's tiles of strided depthwise convolutions, and of the average "
            "poolings that become such, read another size than this map's",
            other_export};
    if (window.padding > 0 && std::min(g.output.height, g.output.width) < 1 + window.padding)
        return DeeployRefusal{
            "Deeploy finds no tile for a depthwise convolution whose result is no "
            "larger than its padding",
            other_export};
    return {};
}

Refusal whyNotMaxPool(const LayerGeometry& g)
{
    const auto& padding = g.padding;
    if (padding.top != padding.bottom || padding.left != padding.right ||
        padding.top != padding.left)
        return DeeployRefusal{
            "its padding differs between sides, which Deeploy's max-pooling cannot say",
            "Use a network with equal padding there, or export to PULP-NN or DORY"};
    if (auto why = whyMaxPoolIsWrong(g); !why.empty())
        return DeeployRefusal{std::move(why), other_export};
    return {};
}

} // namespace

Refusal whyNotForDeeploy(const Layer& layer, const IntegerLayer& folded)
{
    const LayerGeometry g = withoutIdleStrides(layer.geometry);
    const bool is_8_bit =
        folded.output.bits >= 8 && (!layer.hasWeights() || folded.weight_bits == 8) &&
        std::ranges::all_of(folded.inputs,
                            [](const IntegerType& input) { return input.bits == 8; });
    if (!is_8_bit)
        return DeeployRefusal{"Deeploy's PULP kernels take 8-bit tensors and weights only",
                              "Give every layer 8 bits, or export to PULP-NN or DORY"};
    switch (layer.kind) {
    case LayerKind::Conv:
    case LayerKind::Linear:
    case LayerKind::Add:
        return {};
    case LayerKind::DepthwiseConv:
        return whyNotDepthwise(g);
    case LayerKind::AveragePool: // becomes a depthwise convolution with ones
        if (g.padding != Padding{})
            return DeeployRefusal{
                "it averages over padding, which the convolution that stands for it cannot",
                "Use a network without padding there"};
        return whyNotDepthwise(g);
    case LayerKind::MaxPool:
        return whyNotMaxPool(g);
    default:
        return DeeployRefusal{"Deeploy has no integer " + std::string(layerKindName(layer.kind)),
                              "Use a network without it"};
    }
}

int leastDepthwiseChannels(const LayerGeometry& g)
{
    // PULPOpen's ConvTemplate.py reserves 2 * 8 * C * kh * kw bytes; the kernel fills
    // 8 * kw * (padded height + 1).
    const SymmetricWindow window(g);
    const int needed = g.input.height + 2 * window.padding + 1;
    return (needed + 2 * window.height - 1) / (2 * window.height);
}

LayerGeometry withoutIdleStrides(const LayerGeometry& geometry)
{
    LayerGeometry g = geometry;
    const auto is_whole = [](int outputs, int length, int kernel) {
        return outputs == 1 && length == kernel;
    };
    if (is_whole(g.output.height, g.input.height + g.padding.top + g.padding.bottom,
                 g.kernel_height))
        g.stride_y = 1;
    if (is_whole(g.output.width, g.input.width + g.padding.left + g.padding.right, g.kernel_width))
        g.stride_x = 1;
    return g;
}

} // namespace bitdial
