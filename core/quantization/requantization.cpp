// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/requantization.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr std::int64_t limit = std::int64_t(1) << 31;

bool fits(std::int64_t value)
{
    return value > -limit && value < limit;
}

/// floor(x + 1/2) as an integer, or none when it needs more than 32 bits.
std::optional<std::int64_t> rounded(double x)
{
    const double value = std::floor(x + 0.5);
    if (!(std::abs(value) < double(limit))) // also refuses NaN
        return std::nullopt;
    return std::int64_t(value);
}

bool addChannel(const ChannelScaling& channel, Requantization& result)
{
    // A channel without accumulator (all weights 0) has no use for its multiplier.
    const bool constant = channel.acc_low == 0 && channel.acc_high == 0;
    const auto kappa = rounded(constant ? 0 : std::ldexp(channel.multiplier, result.shift));
    const auto offset = rounded(std::ldexp(channel.offset, result.shift));
    if (!kappa || !offset)
        return false;
    const std::int64_t lambda = *offset + roundingHalf(result.shift);
    // Linear in acc, so both ends decide; acc = 0 (in the interval) covers lambda itself.
    if (!fits(lambda) || !fits(*kappa * channel.acc_low + lambda) ||
        !fits(*kappa * channel.acc_high + lambda))
        return false;
    result.kappa.push_back(std::int32_t(*kappa));
    result.lambda.push_back(std::int32_t(lambda));
    return true;
}

} // namespace

std::int8_t weightInteger(float weight, float scale, IntegerRange range)
{
    const float q = scale > 0 ? std::floor(weight / scale + 0.5F) : 0;
    return std::int8_t(std::clamp(q, float(range.low), float(range.high)));
}

ChannelScaling accumulatorRange(std::span<const std::int8_t> weights, IntegerRange input)
{
    std::int64_t positive = 0;
    std::int64_t negative = 0;
    for (const int w : weights)
        (w > 0 ? positive : negative) += w;
    ChannelScaling range;
    range.acc_low = negative * input.high + positive * input.low;
    range.acc_high = positive * input.high + negative * input.low;
    return range;
}

std::optional<Requantization> chooseRequantization(std::span<const ChannelScaling> channels)
{
    for (int shift = 31; shift >= 0; --shift) {
        Requantization result;
        result.shift = shift;
        if (std::ranges::all_of(channels, [&](const auto& c) { return addChannel(c, result); }))
            return result;
    }
    return std::nullopt;
}

double requantizationError(std::span<const ChannelScaling> channels,
                           const Requantization& requantization, IntegerRange clip)
{
    const double step = std::ldexp(1.0, -requantization.shift);
    const double farthest = std::max(std::abs(double(clip.low)), std::abs(double(clip.high)));
    double error = 0;
    for (std::size_t c = 0; c < channels.size(); ++c) {
        const ChannelScaling& channel = channels[c];
        double reach = double(std::max(-channel.acc_low, channel.acc_high));
        if (channel.multiplier != 0)
            reach = std::min(reach,
                             (farthest + std::abs(channel.offset)) / std::abs(channel.multiplier));
        const double slope = std::abs(requantization.kappa[c] * step - channel.multiplier);
        error = std::max(error, slope * reach + step / 2);
    }
    return error;
}

} // namespace bitdial
