// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/quantization.h"

#include "core/network/onnx/node.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

/// Half to even, whatever the processor's rounding mode is.
double halfToEven(double x)
{
    const double down = std::floor(x);
    const double rest = x - down;
    if (rest != 0.5)
        return rest < 0.5 ? down : down + 1;
    return std::fmod(down, 2) == 0 ? down : down + 1;
}

/// QONNX: half away from zero or towards it, for HALF_UP and HALF_DOWN.
double rounded(const std::string& mode, double x)
{
    const double size = std::abs(x);
    const double sign = x < 0 ? -1 : 1;
    if (mode == "CEIL")
        return std::ceil(x);
    if (mode == "FLOOR")
        return std::floor(x);
    if (mode == "UP")
        return sign * std::ceil(size);
    if (mode == "DOWN")
        return sign * std::floor(size);
    if (mode == "HALF_UP")
        return sign * std::floor(size + 0.5);
    if (mode == "HALF_DOWN")
        return sign * std::ceil(size - 0.5);
    return halfToEven(x);
}

} // namespace

std::int64_t OnnxQuantization::lowest() const
{
    if (!quantizer.is_signed)
        return 0;
    return -(std::int64_t(1) << (quantizer.bits - 1)) + (quantizer.narrow ? 1 : 0);
}

std::int64_t OnnxQuantization::highest() const
{
    if (quantizer.is_signed)
        return (std::int64_t(1) << (quantizer.bits - 1)) - 1;
    return (std::int64_t(1) << quantizer.bits) - 1 - (quantizer.narrow ? 1 : 0);
}

bool OnnxQuantization::startsAtZero() const
{
    return std::ranges::all_of(quantizer.zero_points,
                               [&](std::int64_t zero) { return zero == lowest(); });
}

std::int64_t OnnxQuantization::code(double real, std::size_t channel) const
{
    const double shifted = real / double(quantizer.scales[channel]);
    const auto zero = double(quantizer.zero_points[channel]);
    const auto clamped = [&](double x) {
        // Written so that NaN becomes the lowest code.
        return x > double(lowest()) ? std::min(x, double(highest())) : double(lowest());
    };
    if (rounding.empty()) // ONNX rounds before it adds the zero point
        return std::int64_t(clamped(halfToEven(shifted) + zero));
    return std::int64_t(rounded(rounding, clamped(shifted + zero)));
}

double OnnxQuantization::real(std::int64_t code, std::size_t channel) const
{
    return double(code - quantizer.zero_points[channel]) * double(quantizer.scales[channel]);
}

void OnnxQuantization::checkSizes(const std::vector<std::int64_t>& sizes) const
{
    if (quantizer.axis < 0)
        return;
    if (quantizer.axis >= int(sizes.size()))
        throw OnnxInvalid{"its axis " + std::to_string(quantizer.axis) +
                          " is out of range for rank " + std::to_string(sizes.size())};
    const auto size = sizes[std::size_t(quantizer.axis)];
    if (size != std::int64_t(quantizer.scales.size()))
        throw OnnxInvalid{"it has " + std::to_string(quantizer.scales.size()) +
                          " scales for a dimension of size " + std::to_string(size)};
}

std::size_t OnnxQuantization::channel(const std::vector<std::int64_t>& sizes,
                                      std::size_t element) const
{
    if (quantizer.axis < 0)
        return 0;
    std::size_t inner = 1;
    for (std::size_t i = std::size_t(quantizer.axis) + 1; i < sizes.size(); ++i)
        inner *= std::size_t(sizes[i]);
    return element / inner % quantizer.scales.size();
}

void checkOnnxScale(float scale)
{
    if (!(scale > 0) || std::fpclassify(scale) != FP_NORMAL)
        throw OnnxInvalid{"its scale " + std::to_string(scale) +
                          " is not a positive, finite, normal number"};
}

} // namespace bitdial
