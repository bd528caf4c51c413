// SPDX-License-Identifier: Apache-2.0
#include "core/report/axis_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bitdial {
namespace {

/// Steps lie a hair apart from multiples of ten thousandths; this much of a step is rounding.
constexpr double rounding = 1e-9;

AxisScale withStep(double low, double high, double step)
{
    return {std::floor(low / step + rounding) * step, std::ceil(high / step - rounding) * step,
            step};
}

} // namespace

AxisScale AxisScale::covering(double low, double high, int max_steps, double min_span)
{
    max_steps = std::max(max_steps, 2);
    if (high - low < min_span) {
        const double middle = low + (high - low) / 2;
        low = middle - min_span / 2;
        high = middle + min_span / 2;
    }
    // The smallest round step is at least range / max_steps; ends on multiples may need one more.
    double power = std::pow(10.0, std::floor(std::log10((high - low) / max_steps)));
    for (;; power *= 10) {
        for (const double factor : std::array{1.0, 2.0, 5.0}) {
            const auto scale = withStep(low, high, factor * power);
            if (scale.steps() <= max_steps)
                return scale;
        }
    }
}

int AxisScale::steps() const
{
    return int(std::lround((high - low) / step));
}

int AxisScale::decimals() const
{
    return std::max(0, int(-std::floor(std::log10(step) + rounding)));
}

std::vector<double> AxisScale::ticks() const
{
    std::vector<double> values;
    const double first = std::round(low / step);
    for (int i = 0; i <= steps(); ++i)
        values.push_back((first + i) * step);
    return values;
}

} // namespace bitdial
