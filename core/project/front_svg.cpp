// SPDX-License-Identifier: Apache-2.0
#include "core/project/front_svg.h"

#include "core/base/number_text.h"
#include "core/base/svg.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr double width = 720;
constexpr double panel_height = 420;
constexpr double left = 70;
constexpr double right = 690;
constexpr double top = 50;
constexpr double bottom = 360;

using svg::escaped;
using svg::lineAt;
using svg::number;
using svg::textAt;

/// A linear axis from data to pixels, with ticks at 1, 2 or 5 times a power of ten.
struct Axis {
    double low = 0;
    double high = 1;
    double step = 0.2;
    double from = 0; ///< pixel of low
    double to = 1;   ///< pixel of high

    double pixel(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

Axis makeAxis(double low, double high, double from, double to)
{
    if (!(high > low)) {
        const double margin = std::max(std::abs(low) * 0.05, 1e-3);
        low -= margin;
        high += margin;
    }
    const double step = svg::roundStep(high - low, 6);
    return {std::floor(low / step) * step, std::ceil(high / step) * step, step, from, to};
}

std::string tickLabel(double value, double step)
{
    return fixedText(value, std::clamp(int(-std::floor(std::log10(step) + 1e-9)), 0, 9));
}

struct Mark {
    const FrontRow* row = nullptr;
    double latency_ms = 0;
    double percent = 0;
};

double rankedMs(const FrontRow& row)
{
    return *row.ranked_cycles / row.cost->latency_cycles * row.cost->latency_ms;
}

std::vector<Mark> marksOf(const FrontPanel& panel)
{
    std::vector<Mark> marks;
    for (const auto& row : panel.rows)
        if (row.ranked_cycles && row.accuracy)
            marks.push_back({&row, rankedMs(row), row.accuracy->top1() * 100});
    std::ranges::stable_sort(marks, {}, &Mark::latency_ms);
    return marks;
}

/// Title of the accuracy axis: says what the front compares where there is one.
std::string accuracyTitle(const std::vector<Mark>& marks)
{
    const auto front = std::ranges::find_if(marks, [](const Mark& m) { return m.row->on_front; });
    if (front == marks.end())
        return "top-1 [%]";
    const auto& accuracy = *front->row->accuracy;
    return std::string("top-1 [%] (front: ") + rungName(accuracy.rung) + ", " +
           dataRoleName(accuracy.role) + ")";
}

std::string drawAxes(const Axis& x, const Axis& y, const std::string& latency_title,
                     const std::string& accuracy_title)
{
    std::string svg;
    for (int i = 0; x.low + i * x.step <= x.high + x.step / 2; ++i) {
        const double value = x.low + i * x.step;
        svg += lineAt(x.pixel(value), top, x.pixel(value), bottom, "#e4e4e4");
        svg +=
            textAt(x.pixel(value), bottom + 18, "text-anchor=\"middle\"", tickLabel(value, x.step));
    }
    for (int i = 0; y.low + i * y.step <= y.high + y.step / 2; ++i) {
        const double value = y.low + i * y.step;
        svg += lineAt(left, y.pixel(value), right, y.pixel(value), "#e4e4e4");
        svg +=
            textAt(left - 8, y.pixel(value) + 4, "text-anchor=\"end\"", tickLabel(value, y.step));
    }
    svg += lineAt(left, bottom, right, bottom, "#606060");
    svg += lineAt(left, top, left, bottom, "#606060");
    svg += textAt((left + right) / 2, bottom + 40, "text-anchor=\"middle\"", latency_title);
    svg += "<text transform=\"translate(20 " + number((top + bottom) / 2) +
           ") rotate(-90)\" text-anchor=\"middle\">" + escaped(accuracy_title) + "</text>\n";
    return svg;
}

std::string drawFront(const std::vector<Mark>& marks, const Axis& x, const Axis& y)
{
    std::string path;
    for (const auto& mark : marks) {
        if (!mark.row->on_front)
            continue;
        const std::string px = number(x.pixel(mark.latency_ms));
        const std::string py = number(y.pixel(mark.percent));
        // A step: between two points only the slower latency reaches the higher accuracy.
        path += path.empty() ? "M " + px + " " + py : " H " + px + " V " + py;
    }
    return path.empty() ? path
                        : "<path d=\"" + path +
                              "\" fill=\"none\" stroke=\"#1f5fa8\" "
                              "stroke-width=\"2\"/>\n";
}

std::string drawMark(const Mark& mark, const Axis& x, const Axis& y)
{
    const auto& row = *mark.row;
    const double px = x.pixel(mark.latency_ms);
    const double py = y.pixel(mark.percent);
    const char* fill = row.on_front ? "#1f5fa8" : "#b8c7d9";
    std::string svg =
        "<g><title>" +
        escaped("point " + std::to_string(row.point_id) + ", " + row.provenance.method + " " +
                row.provenance.label + ": " + tickLabel(mark.percent, 0.01) + " % (" +
                rungName(row.accuracy->rung) + ", " + dataRoleName(row.accuracy->role) + "), " +
                tickLabel(mark.latency_ms, 0.001) + " ms") +
        "</title>";
    if (row.provenance.method == "uniform")
        svg += "<rect x=\"" + number(px - 4.5) + "\" y=\"" + number(py - 4.5) +
               "\" width=\"9\" height=\"9\" fill=\"" + fill + "\" stroke=\"#333\"/>";
    else
        svg += "<circle cx=\"" + number(px) + "\" cy=\"" + number(py) + "\" r=\"4.5\" fill=\"" +
               fill + "\" stroke=\"#333\" stroke-width=\"0.6\"/>";
    svg += "</g>\n";
    if (row.provenance.method == "uniform")
        svg += textAt(px + 8, py + 14, "fill=\"#444\" font-size=\"11\"", row.provenance.label);
    return svg;
}

std::string drawPanel(const FrontPanel& panel, double offset)
{
    const auto marks = marksOf(panel);
    std::string svg = "<g transform=\"translate(0 " + number(offset) + ")\">\n";
    svg += textAt(left, 28, "font-size=\"15\" font-weight=\"bold\"", panel.title);
    const auto missing = panel.rows.size() - marks.size();
    if (missing > 0)
        svg += textAt(right, 28, "text-anchor=\"end\" fill=\"#666\"",
                      std::to_string(missing) + " without latency or accuracy not drawn");
    if (marks.empty())
        return svg +
               textAt((left + right) / 2, (top + bottom) / 2, "text-anchor=\"middle\"",
                      "no points") +
               "</g>\n";
    const auto [worst, best] = std::ranges::minmax(marks, {}, &Mark::percent);
    const auto x = makeAxis(marks.front().latency_ms, marks.back().latency_ms, left, right);
    const auto y = makeAxis(worst.percent, best.percent, bottom, top);
    svg += drawAxes(x, y, panel.latency_title, accuracyTitle(marks)) + drawFront(marks, x, y);
    for (const auto& mark : marks)
        svg += drawMark(mark, x, y);
    return svg + "</g>\n";
}

} // namespace

std::string frontSvg(std::span<const FrontPanel> panels)
{
    const double height = panel_height * double(std::max<std::size_t>(panels.size(), 1));
    std::string content;
    for (std::size_t i = 0; i < panels.size(); ++i)
        content += drawPanel(panels[i], panel_height * double(i));
    return svg::document(width, height, content);
}

} // namespace bitdial
