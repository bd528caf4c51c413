// SPDX-License-Identifier: Apache-2.0
#include "core/report/front_scene.h"

#include "core/base/number_text.h"
#include "core/pareto/front_kind.h"
#include "core/report/axes.h"
#include "core/report/front_drawing.h"

#include <algorithm>
#include <unordered_map>

namespace bitdial {
namespace {

constexpr double scene_width = 720;
constexpr double margin = 24;
constexpr double plot_left = 76;
constexpr double heading_height = 52;
constexpr double remark_height = 17;
constexpr double empty_height = 40;
constexpr double plot_height = 320;
constexpr double below_plot = 60; ///< to the legend: ticks and title of the axis
constexpr double panel_gap = 28;

double rankedMs(const FrontRow& row)
{
    return *row.ranked_cycles / row.cost->latency_cycles * row.cost->latency_ms;
}

bool isDrawn(const FrontRow& row)
{
    return row.ranked_cycles && row.accuracy;
}

std::string titleOf(const FrontRow& row)
{
    std::string origin = row.provenance.method;
    if (!row.provenance.label.empty())
        origin += " " + row.provenance.label;
    return "point " + std::to_string(row.point_id) + ", " + origin + ": " +
           fixedText(row.accuracy->top1() * 100, 2) + " % (" + rungName(row.accuracy->rung) + ", " +
           dataRoleName(row.accuracy->role) + "), " + (row.cost->estimated ? "~" : "") +
           fixedText(rankedMs(row), 3) + " ms";
}

ChartPoint pointOf(const FrontRow& row, const MethodFamilies& families,
                   const std::optional<Accuracy>& kind)
{
    const auto& accuracy = *row.accuracy;
    ChartPoint point;
    point.id = row.point_id;
    point.latency_ms = rankedMs(row);
    point.top1 = accuracy.top1() * 100;
    point.low = accuracy.ciLow() * 100;
    point.high = accuracy.ciHigh() * 100;
    point.mark = {familyOf(row.provenance, families), row.provenance.role, row.on_front,
                  kind && kindOf(accuracy) == kindOf(*kind)};
    if (row.provenance.role == PointRole::Reference)
        point.label = row.provenance.label;
    point.title = titleOf(row);
    return point;
}

bool isFloatReference(const FrontRow& row)
{
    return !row.cost && row.accuracy && row.accuracy->rung == Rung::Float;
}

/// The float reference's accuracy on the front's samples.
void putFloatReference(ChartPoints& chart, const FrontRow& row)
{
    if (!isFloatReference(row))
        return;
    if (!chart.kind || row.accuracy->role == chart.kind->role)
        chart.float_reference = row.accuracy;
}

std::string countText(std::size_t count, const char* what)
{
    return std::to_string(count) + (count == 1 ? " point " : " points ") + what;
}

/// What a panel does not draw, and what its latencies rest on.
std::string remarkOf(const FrontPanel& panel, const ChartPoints& chart)
{
    std::string text;
    const auto lines = std::ranges::count_if(panel.rows, isFloatReference);
    if (const auto missing = panel.rows.size() - chart.points.size() - std::size_t(lines);
        missing > 0)
        text = countText(missing, "without latency or accuracy not drawn");
    const bool estimated = std::ranges::any_of(
        panel.rows, [](const FrontRow& row) { return isDrawn(row) && row.cost->estimated; });
    if (estimated)
        text += std::string(text.empty() ? "" : "; ") + "~ some figures are unverified";
    return text;
}

/// Says what the front compares where there is one.
std::string accuracyTitle(const ChartPoints& chart)
{
    if (!chart.kind)
        return "top-1, %";
    return std::string("top-1, % (front: ") + rungName(chart.kind->rung) + ", " +
           dataRoleName(chart.kind->role) + ", n = " + std::to_string(chart.kind->samples) + ")";
}

/// Draws one panel below what a scene has.
class PanelPainter {
public:
    PanelPainter(ChartScene& scene, const ChartTheme& theme, Rgba accent,
                 const TextWidth& text_width)
        : m_scene(scene), m_theme(theme), m_accent(accent), m_width(text_width)
    {
    }

    void add(const FrontPanel& panel, const ChartPoints& chart)
    {
        addHeading(panel.title, remarkOf(panel, chart));
        if (chart.points.empty()) {
            addText(chartText("no points", {margin, m_scene.height + 12}, m_theme.secondary));
            m_scene.height += empty_height;
            return;
        }
        const SceneRect plot{plot_left, m_scene.height, scene_width - plot_left - margin,
                             plot_height};
        addChart(panel, chart, plot);
        auto legend =
            legendOf(chart.legend(), {}, {plot_left, plot.bottom() + below_plot - 8, plot.width},
                     m_theme, m_accent, m_width);
        m_scene.groups.push_back({"legend", {}, std::move(legend.shapes)});
        m_scene.height = plot.bottom() + below_plot + legend.height + panel_gap;
    }

private:
    void addText(TextShape text) { m_scene.groups.push_back({{}, {}, {std::move(text)}}); }

    void addHeading(const std::string& title, const std::string& remark)
    {
        const double baseline = m_scene.height + 28;
        addText(boldText(elided(title, scene_width - 2 * margin, 15, TextWeight::Bold, m_width),
                         {margin, baseline}, m_theme.text, 15));
        m_scene.height += heading_height;
        if (remark.empty())
            return;
        addText(chartText(remark, {margin, baseline + remark_height}, m_theme.secondary));
        m_scene.height += remark_height;
    }

    void addChart(const FrontPanel& panel, const ChartPoints& chart, const SceneRect& plot)
    {
        const auto scales = chartScales(chart);
        m_scene.groups.push_back(axesOf(
            {plot, scales.latency_ms, scales.top1, panel.latency_title, accuracyTitle(chart)},
            m_theme));
        FrontDrawing drawing{chart, scales, plot, m_theme, m_accent, 11, m_width};
        if (chart.float_reference)
            drawing.float_text =
                "float " + fixedText(chart.float_reference->top1() * 100, 1) + " %";
        drawing.below_text = "↓ " + std::to_string(scales.below) + " below";
        for (auto& group : frontGroups(drawing)) {
            group.clip = plot.grown(10);
            m_scene.groups.push_back(std::move(group));
        }
    }

    ChartScene& m_scene;
    const ChartTheme& m_theme;
    Rgba m_accent;
    const TextWidth& m_width;
};

/// From what a search found to what it refined of it.
void addLinks(ChartPoints& chart, std::span<const FrontRow> rows)
{
    std::unordered_map<std::int64_t, int> index_of;
    for (std::size_t i = 0; i < chart.points.size(); ++i)
        index_of.emplace(chart.points[i].id, int(i));
    for (const auto& row : rows) {
        const auto to = index_of.find(row.point_id);
        const auto from = index_of.find(row.provenance.parent);
        if (row.provenance.role == PointRole::Refined && to != index_of.end() &&
            from != index_of.end() &&
            chart.points[std::size_t(from->second)].mark.role == PointRole::Found)
            chart.links.push_back({from->second, to->second});
    }
}

} // namespace

ChartPoints chartPoints(std::span<const FrontRow> rows, const MethodFamilies& families)
{
    ChartPoints chart;
    for (const auto& row : rows)
        if (row.on_front)
            chart.kind = row.accuracy;
    std::vector<double> cycles;
    for (const auto& row : rows) {
        putFloatReference(chart, row);
        if (!isDrawn(row))
            continue;
        if (row.on_front)
            chart.front.push_back(int(chart.points.size()));
        chart.points.push_back(pointOf(row, families, chart.kind));
        cycles.push_back(*row.ranked_cycles);
    }
    addLinks(chart, rows);
    std::ranges::stable_sort(chart.front, {}, [&](int i) { return cycles[std::size_t(i)]; });
    return chart;
}

ChartScene frontScene(std::span<const FrontPanel> panels, const MethodFamilies& families,
                      const ChartTheme& theme, const TextWidth& text_width)
{
    ChartScene scene{scene_width, 0, theme.ground, "Accuracy over latency", {}};
    int target = 0;
    for (const auto& panel : panels) {
        PanelPainter painter(scene, theme, theme.accent(target++), text_width);
        painter.add(panel, chartPoints(panel.rows, families));
    }
    scene.height = std::max(scene.height, heading_height);
    return scene;
}

} // namespace bitdial
