// SPDX-License-Identifier: Apache-2.0
#include "core/report/comparison_scene.h"

#include "core/base/number_text.h"
#include "core/report/axes.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bitdial {

namespace {

constexpr double width = 560;
constexpr double height = 560;
constexpr SceneRect plot{80, 50, 450, 450};

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008).
constexpr std::array colors = {Rgba::of(0x0072b2), Rgba::of(0xd55e00), Rgba::of(0x009e73),
                               Rgba::of(0xcc79a7), Rgba::of(0xe69f00), Rgba::of(0x56b4e9)};

/// Both axes: whole decades of cycles.
struct Decades {
    int low = 0;
    int high = 1;

    double fraction(double cycles) const
    {
        return (std::log10(std::max(cycles, 1.0)) - low) / double(high - low);
    }
    double x(double cycles) const { return plot.x + fraction(cycles) * plot.width; }
    double y(double cycles) const { return plot.bottom() - fraction(cycles) * plot.height; }
};

Decades decadesOf(const std::vector<PredictedRow>& rows)
{
    double least = rows.front().measured_cycles;
    double most = least;
    for (const PredictedRow& row : rows) {
        least = std::min({least, row.measured_cycles, row.predicted_cycles});
        most = std::max({most, row.measured_cycles, row.predicted_cycles});
    }
    const int low = int(std::floor(std::log10(std::max(least, 1.0))));
    return {low, std::max(low + 1, int(std::ceil(std::log10(std::max(most, 1.0)))))};
}

SceneGroup axesOf(const Decades& axis, const ChartTheme& theme)
{
    SceneGroup group;
    for (int decade = axis.low; decade <= axis.high; ++decade) {
        const double cycles = std::pow(10.0, decade);
        const std::string label = "1e" + std::to_string(decade);
        const double y = axis.y(cycles);
        group.shapes.emplace_back(lineShape({plot.x, y}, {plot.right(), y}, {theme.hairline, 1}));
        group.shapes.emplace_back(
            chartText(label, {plot.x - 8, y + 4}, theme.secondary, TextAnchor::End));
        group.shapes.emplace_back(chartText(label, {axis.x(cycles), plot.bottom() + 18},
                                            theme.secondary, TextAnchor::Middle));
    }
    group.shapes.emplace_back(
        lineShape({plot.x, plot.bottom()}, {plot.right(), plot.y}, {theme.quiet, 1}));
    group.shapes.emplace_back(chartText("measured, cycles",
                                        {plot.x + plot.width / 2, plot.bottom() + 42},
                                        theme.secondary, TextAnchor::Middle));
    group.shapes.emplace_back(
        uprightText("predicted, cycles", {22, plot.y + plot.height / 2}, theme.secondary));
    return group;
}

SceneGroup headingOf(const std::string& title, const ErrorSummary& all, const ChartTheme& theme)
{
    const std::string summary = std::to_string(all.rows) + " rows, mean error " +
                                fixedText(all.mape * 100, 2) + " %, 95 % of them within " +
                                fixedText(all.percentile95 * 100, 2) + " %, Kendall's tau " +
                                fixedText(all.kendall_tau, 3);
    return {{},
            {},
            {boldText(title, {plot.x, 22}, theme.text, 15),
             chartText(summary, {plot.x, 40}, theme.secondary)}};
}

} // namespace

ChartScene comparisonScene(const std::string& title, const std::vector<PredictedRow>& rows,
                           const ChartTheme& theme)
{
    ChartScene scene{width, height, theme.ground, title, {}};
    scene.groups.push_back(headingOf(title, summarizeErrors(rows), theme));
    if (rows.empty())
        return scene;
    const Decades axis = decadesOf(rows);
    scene.groups.push_back(axesOf(axis, theme));
    SceneGroup legend{"kinds of layers", {}, {}};
    double baseline = plot.y + 16;
    std::size_t next = 0;
    for (const LayerKind kind : kindsOf(rows)) {
        const Rgba color = colors[next++ % colors.size()];
        SceneGroup group{layerKindName(kind), plot.grown(4), {}};
        for (const PredictedRow& row : rowsOfKind(rows, kind))
            group.shapes.emplace_back(
                CircleShape{{axis.x(row.measured_cycles), axis.y(row.predicted_cycles)},
                            2.5,
                            {color.faded(0.6), {}}});
        scene.groups.push_back(std::move(group));
        legend.shapes.emplace_back(CircleShape{{plot.x + 14, baseline - 4}, 4, {color, {}}});
        legend.shapes.emplace_back(
            chartText(layerKindName(kind), {plot.x + 24, baseline}, theme.text));
        baseline += 16;
    }
    scene.groups.push_back(std::move(legend));
    return scene;
}

} // namespace bitdial
