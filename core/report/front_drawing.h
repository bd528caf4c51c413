// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_points.h"

#include <string>
#include <vector>

namespace bitdial {

/// What a front's chart draws between its axes; the window and files draw the same.
struct FrontDrawing {
    const ChartPoints& points;
    const ChartScales& scales;
    SceneRect plot; ///< the rectangle between the axes
    const ChartTheme& theme;
    Rgba accent;
    double font_size = 11;
    const TextWidth& text_width;
    std::string float_text = {}; ///< "float 93.6 %", beside the line of the float reference
    std::string below_text = {}; ///< "↓ 3 below", where points lie under the plot

    ScenePoint place(const ChartPoint& point) const { return placeOf(point, scales, plot); }
};

/// The cloud, the float reference, the front with its intervals, where refined points came from,
/// the marks and their labels, in that order. A point with a title is a group of its own. A label
/// that would cover a mark or another label moves, then is left out.
std::vector<SceneGroup> frontGroups(const FrontDrawing& drawing);

} // namespace bitdial
