// SPDX-License-Identifier: Apache-2.0
#include "core/report/chart_theme.h"

#include <array>
#include <cmath>

namespace bitdial {

Rgba ChartTheme::accent(int target) const
{
    constexpr std::array<std::array<std::uint32_t, 2>, 6> colors = {{{0x0b6bcb, 0x5aa9ff},
                                                                     {0xc2570c, 0xff9d57},
                                                                     {0x7a1f6b, 0xc060b2},
                                                                     {0x1f9490, 0xb4efe7},
                                                                     {0x7a6a00, 0xe3d257},
                                                                     {0x2f3f9e, 0xaab4ff}}};
    return Rgba::of(colors[std::size_t(target) % colors.size()][dark ? 1 : 0]);
}

const ChartTheme& ChartTheme::light()
{
    static const ChartTheme theme = {false,
                                     Rgba::of(0xffffff),
                                     Rgba::of(0x1d232b),
                                     Rgba::of(0x5f6873),
                                     Rgba::of(0x8b949f),
                                     Rgba::of(0xe3e6eb)};
    return theme;
}

const ChartTheme& ChartTheme::night()
{
    static const ChartTheme theme = {true,
                                     Rgba::of(0x1c2026),
                                     Rgba::of(0xe6e9ee),
                                     Rgba::of(0x97a0ac),
                                     Rgba::of(0x6f7985),
                                     Rgba::of(0x2b3139)};
    return theme;
}

Rgba mixed(Rgba first, Rgba second, double part)
{
    const auto between = [part](std::uint8_t a, std::uint8_t b) {
        return std::uint8_t(std::lround(a + (double(b) - a) * part));
    };
    return {between(first.red, second.red), between(first.green, second.green),
            between(first.blue, second.blue), first.alpha + (second.alpha - first.alpha) * part};
}

} // namespace bitdial
