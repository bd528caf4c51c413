// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace bitdial {

/// Widths in bits that a weight tensor or an activation may have, rising. Kernels of other widths
/// do not exist.
inline constexpr std::array<int, 3> quantized_widths = {2, 4, 8};
inline constexpr std::array<int, 3> quantized_widths_falling = {8, 4, 2};

constexpr bool isQuantizedWidth(int bits)
{
    return bits == 2 || bits == 4 || bits == 8;
}

/// Some of them. A plain value.
class WidthSet {
public:
    constexpr WidthSet() = default;
    static constexpr WidthSet all() { return WidthSet(2 | 4 | 8); }
    /// `bits` is one of quantized_widths.
    static constexpr WidthSet only(int bits) { return WidthSet(bits); }

    constexpr bool empty() const { return m_widths == 0; }
    constexpr bool has(int bits) const { return (m_widths & bits) != 0; }
    constexpr void add(int bits) { m_widths |= bits; }
    /// 0 of an empty set.
    constexpr int narrowest() const { return m_widths & -m_widths; }
    constexpr int widest() const { return has(8) ? 8 : has(4) ? 4 : narrowest(); }
    /// The narrowest one that is at least `bits`, else the widest.
    constexpr int atLeast(int bits) const
    {
        for (const int width : quantized_widths)
            if (width >= bits && has(width))
                return width;
        return widest();
    }

    constexpr WidthSet operator&(WidthSet other) const
    {
        return WidthSet(m_widths & other.m_widths);
    }
    constexpr WidthSet operator|(WidthSet other) const
    {
        return WidthSet(m_widths | other.m_widths);
    }
    constexpr bool operator==(const WidthSet&) const = default;

private:
    constexpr explicit WidthSet(int widths) : m_widths(widths) {}

    int m_widths = 0; ///< the sum: each is a power of two
};

} // namespace bitdial
