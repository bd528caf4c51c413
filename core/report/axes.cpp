// SPDX-License-Identifier: Apache-2.0
#include "core/report/axes.h"

#include "core/base/number_text.h"

namespace bitdial {

TextShape chartText(const std::string& text, ScenePoint at, Rgba color, TextAnchor anchor)
{
    return {text, at, 11, color, anchor};
}

TextShape boldText(const std::string& text, ScenePoint at, Rgba color, double size)
{
    return {text, at, size, color, TextAnchor::Start, TextWeight::Bold};
}

TextShape uprightText(const std::string& text, ScenePoint middle, Rgba color)
{
    auto shape = chartText(text, middle, color, TextAnchor::Middle);
    shape.turn = TextTurn::Upwards;
    return shape;
}

SceneGroup axesOf(const AxesDrawing& axes, const ChartTheme& theme)
{
    const auto& plot = axes.plot;
    const SceneStroke grid{theme.hairline, 1};
    const SceneStroke line{theme.quiet, 1};
    const auto label = [&](double value, const AxisScale& scale, ScenePoint at, TextAnchor anchor) {
        auto text = chartText(fixedText(value, scale.decimals()), at, theme.secondary, anchor);
        text.size = axes.font_size;
        return text;
    };
    SceneGroup group;
    for (const double value : axes.up.ticks()) {
        const double y = plot.bottom() - axes.up.fraction(value) * plot.height;
        group.shapes.emplace_back(lineShape({plot.x, y}, {plot.right(), y}, grid));
        group.shapes.emplace_back(label(value, axes.up, {plot.x - 8, y + 4}, TextAnchor::End));
    }
    group.shapes.emplace_back(
        lineShape({plot.x, plot.bottom()}, {plot.right(), plot.bottom()}, line));
    for (const double value : axes.across.ticks()) {
        const double x = plot.x + axes.across.fraction(value) * plot.width;
        group.shapes.emplace_back(lineShape({x, plot.bottom()}, {x, plot.bottom() + 4}, line));
        group.shapes.emplace_back(
            label(value, axes.across, {x, plot.bottom() + 18}, TextAnchor::Middle));
    }
    group.shapes.emplace_back(chartText(axes.across_title,
                                        {plot.x + plot.width / 2, plot.bottom() + 37},
                                        theme.secondary, TextAnchor::Middle));
    group.shapes.emplace_back(
        uprightText(axes.up_title, {plot.x - 48, plot.y + plot.height / 2}, theme.secondary));
    return group;
}

} // namespace bitdial
