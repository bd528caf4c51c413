// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace bitdial {

/// A linear axis whose ends and ticks are round: multiples of 1, 2 or 5 times a power of ten.
struct AxisScale {
    double low = 0;
    double high = 1;
    double step = 0.2;

    /// Smallest scale with at most `max_steps` steps (at least 2) that covers [low, high]. A range
    /// narrower than `min_span` (> 0) is widened around its middle first.
    static AxisScale covering(double low, double high, int max_steps, double min_span);

    int steps() const;
    /// Decimals that a tick's label needs.
    int decimals() const;
    std::vector<double> ticks() const;
    /// Place of a value: 0 at the low end, 1 at the high end; outside for values outside.
    double fraction(double value) const { return (value - low) / (high - low); }
    bool operator==(const AxisScale&) const = default;
};

} // namespace bitdial
