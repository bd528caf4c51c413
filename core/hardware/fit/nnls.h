// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace bitdial {

/// Non-negative least squares: x >= 0 that minimises |A x - b|, by the active-set method of Lawson
/// and Hanson (1974, chapter 23). `rows` holds A row by row, `columns` values each.
std::vector<double> solveNonNegative(std::span<const double> rows, std::size_t columns,
                                     std::span<const double> right_side);

} // namespace bitdial
