// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_points.h"
#include "core/report/front_table.h"

#include <span>
#include <string>

namespace bitdial {

/// One target's rows under a heading.
struct FrontPanel {
    std::string title;
    std::vector<FrontRow> rows;
    std::string latency_title = "latency, ms";
};

/// Accuracy over latency, one panel below the other: the front as a step line with intervals,
/// points by method and role (marks.h), a legend of what occurs. Rows that the front does not rank,
/// or without accuracy, are left out, and so are points far below the front; a panel says how many
/// there are. "~" stands where a latency rests on unverified figures.
ChartScene frontScene(std::span<const FrontPanel> panels, const MethodFamilies& families,
                      const ChartTheme& theme, const TextWidth& text_width);

/// What the chart of one target shows of a table.
ChartPoints chartPoints(std::span<const FrontRow> rows, const MethodFamilies& families);

} // namespace bitdial
