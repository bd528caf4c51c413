// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

#include <memory>
#include <vector>

namespace bitdial {

/// Step and sign of an activation tensor's integers: real = scale * q, q unsigned in [0, 2^b-1] or
/// signed in [-2^(b-1), 2^(b-1)-1]. Scale 0 marks the network's output (not quantized).
struct ActivationQuantizer {
    float scale = 0;
    bool is_signed = false;
    bool operator==(const ActivationQuantizer&) const = default;
};

/// Everything besides the bits that decides what a quantized network computes: the numbers (batch
/// norm unfolded), the step of each weight channel and the quantizer of each activation tensor.
/// Weight integers are clamp(round_half_up(w / scale), -2^(b-1), 2^(b-1)-1), on the weights
/// *before* batch-norm folding; the fold goes into the requantization. A DesignPoint refers to one
/// by hash.
struct QuantizationState {
    std::shared_ptr<const NetworkParameters> parameters;
    /// Per layer: one scale per output channel (conv, depthwise) or a single one (last linear);
    /// empty for layers without weights.
    std::vector<std::vector<float>> weight_scales;
    std::vector<ActivationQuantizer> activations; ///< per tensor
};

/// Max pooling passes integers through: gives the output of each the quantizer of its input. What
/// sets activations one by one calls it afterwards.
void tieMaxPools(const Network& network, QuantizationState& state);

/// Largest and smallest integer of a width (2, 4 or 8; anything else throws Error(Usage)).
struct IntegerRange {
    int low = 0;
    int high = 0;
};
IntegerRange integerRange(int bits, bool is_signed);

/// Step of the 8-bit sum inside an integer add: the smallest with which both ends of both inputs'
/// real ranges fit 8 bits of the input's sign, i.e. the larger of scale * high / 255 for an
/// unsigned input and max(scale * high / 127, scale * low / -128) for a signed one. Both the
/// fake-quantized network and the integer fold use this, so that they agree.
float addOperandScale(const ActivationQuantizer& a, int bits_a, const ActivationQuantizer& b,
                      int bits_b);

} // namespace bitdial
