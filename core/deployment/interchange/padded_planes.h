// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bitdial {

/// Planes of height x width, one behind the other, with zeros around each.
template <typename Number>
std::vector<Number> paddedPlanes(const std::vector<Number>& values, int height, int width,
                                 const Padding& zeros)
{
    const auto rows = std::size_t(height);
    const auto columns = std::size_t(width);
    const auto above = std::size_t(zeros.top);
    const auto left = std::size_t(zeros.left);
    const std::size_t all_rows = rows + above + std::size_t(zeros.bottom);
    const std::size_t all_columns = columns + left + std::size_t(zeros.right);
    const std::size_t planes = values.size() / (rows * columns);
    std::vector<Number> padded(planes * all_rows * all_columns, Number(0));
    for (std::size_t row = 0; row < planes * rows; ++row)
        std::copy_n(values.data() + row * columns, columns,
                    padded.data() + (row / rows * all_rows + row % rows + above) * all_columns +
                        left);
    return padded;
}

} // namespace bitdial
