// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/quantization_state.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bitdial {

/// What one channel's requantization should compute, in output steps: multiplier * acc + offset,
/// for every acc of [acc_low, acc_high], an interval that contains 0.
struct ChannelScaling {
    double multiplier = 0;
    double offset = 0;
    std::int64_t acc_low = 0;
    std::int64_t acc_high = 0;
};

/// One weight as an integer: in single precision, like the fake-quantized network, so that ties
/// round the same way. 0 where the scale is.
std::int8_t weightInteger(float weight, float scale, IntegerRange range);

/// The exact ends of one output channel's accumulator over all inputs of the range; padding and
/// partial sums lie inside. The other members stay 0.
ChannelScaling accumulatorRange(std::span<const std::int8_t> weights, IntegerRange input);

/// What rounds to the nearest when it is added before a shift; 0 without shift.
constexpr std::int64_t roundingHalf(int shift)
{
    return shift > 0 ? std::int64_t(1) << (shift - 1) : 0;
}

/// (kappa[c] * acc + lambda[c]) >> shift, rounding included in lambda.
struct Requantization {
    std::vector<std::int32_t> kappa;
    std::vector<std::int32_t> lambda;
    int shift = 0;
};

/// The requantization with the largest shift (at most 31) for which |kappa * acc + lambda| < 2^31
/// in every channel; none when even shift 0 overflows. kappa = round(2^shift * multiplier) and
/// lambda = round(2^shift * offset) + 2^(shift - 1).
///
/// Precision: one shift serves all channels, so kappa of the channel that reaches 2^31 first has
/// about 31 - log2(largest |acc|) significant bits, and a channel whose multiplier is 2^-n of that
/// one's has n fewer. That error moves a channel's result by at most half a kappa step times its
/// accumulator, i.e. (acc / 2^(shift + 1)) output steps.
///
/// The kernel library's 64-bit variant would allow larger shifts, not other layers: it too narrows
/// the shifted value to 32 bits before it clips, so what overflows at shift 0 overflows there.
std::optional<Requantization> chooseRequantization(std::span<const ChannelScaling> channels);

/// The most by which whole kappa and lambda move a result before it is rounded down, in output
/// steps, among the accumulators whose result lies within `clip`; what lies beyond is clipped.
double requantizationError(std::span<const ChannelScaling> channels,
                           const Requantization& requantization, IntegerRange clip);

} // namespace bitdial
