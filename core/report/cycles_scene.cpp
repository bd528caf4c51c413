// SPDX-License-Identifier: Apache-2.0
#include "core/report/cycles_scene.h"

#include "core/report/axes.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr double scene_width = 760;
constexpr double left = 190;
constexpr double right = 660;
constexpr double top = 78;
constexpr double row_height = 34;
constexpr double bar_height = 12;

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008), by role.
constexpr Rgba promised_color = Rgba::of(0x56b4e9);
constexpr Rgba measured_color = Rgba::of(0xd55e00);
constexpr Rgba kernel_color = Rgba::of(0x000000).faded(0.33); ///< over the other two

class CyclesChart {
public:
    CyclesChart(std::span<const CyclesBar> bars, const ChartTheme& theme, const TextWidth& width)
        : m_bars(bars), m_theme(theme), m_width(width)
    {
        for (const auto& bar : bars)
            m_most = std::max({m_most, double(bar.promised), double(bar.measured)});
    }

    double bottom() const { return top + row_height * double(m_bars.size()); }

    SceneGroup axis() const
    {
        const auto scale = AxisScale::covering(0, m_most, 7, 1);
        SceneGroup group;
        for (const double cycles : scale.ticks()) {
            if (cycles > m_most)
                break;
            const double x = left + lengthOf(cycles);
            group.shapes.emplace_back(
                lineShape({x, top - 6}, {x, bottom()}, {m_theme.hairline, 1}));
            group.shapes.emplace_back(chartText(std::to_string(std::llround(cycles)),
                                                {x, bottom() + 16}, m_theme.secondary,
                                                TextAnchor::Middle));
        }
        group.shapes.emplace_back(chartText("cycles", {(left + right) / 2, bottom() + 36},
                                            m_theme.secondary, TextAnchor::Middle));
        return group;
    }

    SceneGroup groupOf(std::size_t row) const
    {
        const auto& bar = m_bars[row];
        const double y = top + row_height * double(row);
        SceneGroup group;
        group.shapes.emplace_back(
            chartText(elided(bar.layer, left - 24, 11, TextWeight::Normal, m_width),
                      {left - 8, y + bar_height + 4}, m_theme.text, TextAnchor::End));
        addBar(group, y, bar.promised, bar_height, promised_color);
        addBar(group, y + bar_height, bar.measured, bar_height, measured_color);
        const double third = bar_height / 3;
        if (bar.promised_kernel)
            addBar(group, y + third, *bar.promised_kernel, third, kernel_color);
        if (bar.measured_kernel)
            addBar(group, y + bar_height + third, *bar.measured_kernel, third, kernel_color);
        const double end = lengthOf(double(std::max(bar.promised, bar.measured)));
        group.shapes.emplace_back(
            chartText(bar.deviation, {left + end + 6, y + bar_height + 4}, m_theme.secondary));
        return group;
    }

private:
    double lengthOf(double cycles) const { return cycles / m_most * (right - left); }
    void addBar(SceneGroup& group, double y, std::uint64_t cycles, double high, Rgba color) const
    {
        group.shapes.emplace_back(
            rectShape({left, y, lengthOf(double(cycles)), high}, {color, {}}));
    }

    std::span<const CyclesBar> m_bars;
    const ChartTheme& m_theme;
    const TextWidth& m_width;
    double m_most = 1;
};

SceneGroup legendOf(std::span<const CyclesBar> bars, const ChartTheme& theme)
{
    SceneGroup group{"legend", {}, {}};
    const auto add = [&](double x, Rgba color, const char* word) {
        group.shapes.emplace_back(rectShape({x, 50, 10, 10}, {color, {}}));
        group.shapes.emplace_back(chartText(word, {x + 15, 59}, theme.text));
    };
    add(left, promised_color, "promised");
    add(left + 95, measured_color, "measured");
    if (std::ranges::any_of(bars, [](const CyclesBar& bar) {
            return bar.measured_kernel || bar.promised_kernel;
        })) {
        add(left + 190, promised_color, "in kernels");
        group.shapes.emplace_back(rectShape({left + 190, 53, 10, 4}, {kernel_color, {}}));
    }
    return group;
}

} // namespace

ChartScene cyclesScene(const CyclesHeading& heading, std::span<const CyclesBar> bars,
                       const ChartTheme& theme, const TextWidth& text_width)
{
    const CyclesChart chart(bars, theme, text_width);
    ChartScene scene{scene_width, chart.bottom() + 48, theme.ground, heading.title, {}};
    scene.groups.push_back({{},
                            {},
                            {boldText(heading.title, {16, 22}, theme.text, 15),
                             chartText(heading.summary, {16, 40}, theme.secondary)}});
    scene.groups.push_back(legendOf(bars, theme));
    scene.groups.push_back(chart.axis());
    for (std::size_t row = 0; row < bars.size(); ++row)
        scene.groups.push_back(chart.groupOf(row));
    return scene;
}

} // namespace bitdial
