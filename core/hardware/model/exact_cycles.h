// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

namespace bitdial {

/// To an eighth of a cycle, and never to nothing: sums of such numbers are exact in whatever order
/// they are added, and three decimals say them.
inline double exactCycles(double cycles)
{
    constexpr double parts = 8;
    const double rounded = std::round(cycles * parts) / parts;
    return cycles > 0 ? std::max(rounded, 1 / parts) : rounded;
}

} // namespace bitdial
