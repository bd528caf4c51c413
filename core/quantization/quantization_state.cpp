// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/quantization_state.h"

#include "core/base/error.h"
#include "core/quantization/widths.h"

#include <algorithm>

namespace bitdial {
namespace {

/// Smallest step with which every value of a quantizer fits the 8-bit operand of an add. Both ends
/// count: at 2 and 4 bits the negative end of a signed range reaches further than the positive one.
float smallestOperandStep(const ActivationQuantizer& quantizer, int bits)
{
    const IntegerRange from = integerRange(bits, quantizer.is_signed);
    const IntegerRange to = integerRange(8, quantizer.is_signed);
    float ratio = float(from.high) / float(to.high);
    if (quantizer.is_signed)
        ratio = std::max(ratio, float(from.low) / float(to.low));
    return quantizer.scale * ratio;
}

} // namespace

void tieMaxPools(const Network& network, QuantizationState& state)
{
    for (const auto& layer : network.layers())
        if (layer.kind == LayerKind::MaxPool)
            state.activations[std::size_t(layer.output)] =
                state.activations[std::size_t(layer.inputs[0])];
}

IntegerRange integerRange(int bits, bool is_signed)
{
    if (!isQuantizedWidth(bits))
        throw Error(ErrorCode::Usage, "A width is not possible", std::to_string(bits) + " bits",
                    "weights and activations have 2, 4 or 8 bits", "Choose 2, 4 or 8");
    const int levels = 1 << bits;
    if (is_signed)
        return {-levels / 2, levels / 2 - 1};
    return {0, levels - 1};
}

float addOperandScale(const ActivationQuantizer& a, int bits_a, const ActivationQuantizer& b,
                      int bits_b)
{
    return std::max(smallestOperandStep(a, bits_a), smallestOperandStep(b, bits_b));
}

} // namespace bitdial
