// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/bit_assignment.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace bitdial {

/// Throws Error(Usage): no kernel and no tensor has such a width.
[[noreturn]] void refuseWidth(int bits);

/// Position of a width among 2, 4, 8 and 32 (0 for no weights counts as the first). Throws
/// Error(Usage) for other widths.
inline std::size_t widthIndex(int bits)
{
    static constexpr auto positions = [] {
        std::array<std::int8_t, 33> table{};
        table.fill(-1);
        table[0] = table[2] = 0;
        table[4] = 1;
        table[8] = 2;
        table[32] = 3;
        return table;
    }();
    if (bits < 0 || bits > 32 || positions[std::size_t(bits)] < 0)
        refuseWidth(bits);
    return std::size_t(positions[std::size_t(bits)]);
}

/// Position of a layer's three widths among all 64.
inline std::size_t widthsIndex(LayerBits bits)
{
    return (widthIndex(bits.in) * 4 + widthIndex(bits.weight)) * 4 + widthIndex(bits.out);
}

} // namespace bitdial
