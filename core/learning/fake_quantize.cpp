// SPDX-License-Identifier: Apache-2.0
#include "core/learning/fake_quantize.h"

#include "core/learning/calibration.h"

#include <ATen/ATen.h>

namespace bitdial {
namespace {

/// Operand of an integer add: its own grid is already applied; what is left is the rounding to the
/// inner grid, clipped as the kernel clips (8 bits of the operand's sign).
at::Tensor onInnerGrid(const at::Tensor& x, float inner_scale, bool is_signed)
{
    return fakeQuantize(x, inner_scale, integerRange(8, is_signed));
}

} // namespace

at::Tensor fakeQuantize(const at::Tensor& x, float scale, IntegerRange range)
{
    if (scale <= 0)
        return at::zeros_like(x);
    return x.mul(1.0F / scale).add_(0.5F).floor_().clamp_(range.low, range.high).mul_(scale);
}

at::Tensor fakeQuantizeWeights(const at::Tensor& weight, const std::vector<float>& scales, int bits)
{
    const auto range = integerRange(bits, true);
    std::vector<std::int64_t> sizes(std::size_t(weight.dim()), 1);
    sizes[0] = std::int64_t(scales.size());
    const auto scale = at::tensor(at::ArrayRef<float>(scales), at::kFloat).reshape(sizes);
    // A channel of zeros has scale zero; dividing by one leaves it zero.
    const auto divisor = at::where(scale > 0, scale, at::ones_like(scale));
    return weight.div(divisor).add_(0.5F).floor_().clamp_(range.low, range.high).mul_(scale);
}

ForwardHooks fakeQuantizeHooks(const Network& network, const BitAssignment& bits,
                               const QuantizationState& state)
{
    ForwardHooks hooks;
    hooks.weight = [&state, bits](int layer, const at::Tensor& weight) {
        return fakeQuantizeWeights(weight, state.weight_scales[std::size_t(layer)],
                                   bits.weightBits(layer));
    };
    hooks.bias = [&network, &state](int layer, const at::Tensor& bias) {
        // The last linear layer adds its bias to raw accumulators, whose unit can be coarse.
        if (!isRawOutput(network, network.layer(layer).output))
            return bias;
        const auto& input = state.activations[std::size_t(network.layer(layer).inputs[0])];
        const float unit = input.scale * state.weight_scales[std::size_t(layer)][0];
        return unit > 0 ? bias.div(unit).add_(0.5F).floor_().mul_(unit) : bias;
    };
    hooks.activation = [&state, bits](int tensor, const at::Tensor& value) {
        const auto& quantizer = state.activations[std::size_t(tensor)];
        if (quantizer.scale <= 0)
            return value;
        return fakeQuantize(value, quantizer.scale,
                            integerRange(bits.activationBits(tensor), quantizer.is_signed));
    };
    hooks.add_operand = [&network, &state, bits](int layer, int operand, const at::Tensor& value) {
        const auto& inputs = network.layer(layer).inputs;
        const auto& a = state.activations[std::size_t(inputs[0])];
        const auto& b = state.activations[std::size_t(inputs[1])];
        const float inner =
            addOperandScale(a, bits.activationBits(inputs[0]), b, bits.activationBits(inputs[1]));
        return onInnerGrid(value, inner, operand == 0 ? a.is_signed : b.is_signed);
    };
    return hooks;
}

} // namespace bitdial
