// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/axis_scale.h"
#include "core/report/chart_theme.h"

#include <string>

namespace bitdial {

/// The axes of a chart: horizontal grid lines, ticks with their labels, titles with units.
struct AxesDrawing {
    SceneRect plot;
    AxisScale across;
    AxisScale up;
    std::string across_title;
    std::string up_title;
    double font_size = 11;
};

SceneGroup axesOf(const AxesDrawing& axes, const ChartTheme& theme);

/// A text of a chart; at is on the baseline.
TextShape chartText(const std::string& text, ScenePoint at, Rgba color,
                    TextAnchor anchor = TextAnchor::Start);
TextShape boldText(const std::string& text, ScenePoint at, Rgba color, double size);
/// The title of a vertical axis around the middle of its length.
TextShape uprightText(const std::string& text, ScenePoint middle, Rgba color);

} // namespace bitdial
