// SPDX-License-Identifier: Apache-2.0
#include "core/base/number_text.h"
#include "core/base/svg.h"
#include "core/hardware/fit/profile_comparison.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bitdial {

namespace {

constexpr double width = 560;
constexpr double height = 560;
constexpr double left = 80;
constexpr double right = 530;
constexpr double top = 50;
constexpr double bottom = 500;

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008).
constexpr std::array<const char*, 6> colours = {"#0072b2", "#d55e00", "#009e73",
                                                "#cc79a7", "#e69f00", "#56b4e9"};

/// Both axes: whole decades of cycles.
struct Decades {
    int low = 0;
    int high = 1;

    double fraction(double cycles) const
    {
        return (std::log10(std::max(cycles, 1.0)) - low) / double(high - low);
    }
    double x(double cycles) const { return left + fraction(cycles) * (right - left); }
    double y(double cycles) const { return bottom - fraction(cycles) * (bottom - top); }
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

std::string drawAxes(const Decades& axis)
{
    std::string text;
    for (int decade = axis.low; decade <= axis.high; ++decade) {
        const double cycles = std::pow(10.0, decade);
        const std::string label = "1e" + std::to_string(decade);
        text += svg::lineAt(left, axis.y(cycles), right, axis.y(cycles), "#e4e4e4");
        text += svg::textAt(left - 8, axis.y(cycles) + 4, "text-anchor=\"end\"", label);
        text += svg::textAt(axis.x(cycles), bottom + 18, "text-anchor=\"middle\"", label);
    }
    text += svg::lineAt(left, bottom, right, top, "#606060");
    text +=
        svg::textAt((left + right) / 2, bottom + 42, "text-anchor=\"middle\"", "measured [cycles]");
    text += "<text transform=\"translate(22 " + svg::number((top + bottom) / 2) +
            ") rotate(-90)\" text-anchor=\"middle\">predicted [cycles]</text>\n";
    return text;
}

} // namespace

std::string comparisonSvg(const std::string& title, const std::vector<PredictedRow>& rows)
{
    const ErrorSummary all = summarizeErrors(rows);
    std::string text = svg::textAt(left, 22, "font-size=\"15\" font-weight=\"bold\"", title);
    text +=
        svg::textAt(left, 40, "fill=\"#666\"",
                    std::to_string(all.rows) + " rows, mean error " + fixedText(all.mape * 100, 2) +
                        " %, 95 % of them within " + fixedText(all.percentile95 * 100, 2) +
                        " %, Kendall's tau " + fixedText(all.kendall_tau, 3));
    if (rows.empty())
        return svg::document(width, height, text);
    const Decades axis = decadesOf(rows);
    text += drawAxes(axis);
    double legend = top + 16;
    std::size_t colour = 0;
    for (const LayerKind kind : kindsOf(rows)) {
        const std::string fill = "fill=\"" + std::string(colours[colour++ % colours.size()]) + "\"";
        for (const PredictedRow& row : rowsOfKind(rows, kind))
            text += "<circle cx=\"" + svg::number(axis.x(row.measured_cycles)) + "\" cy=\"" +
                    svg::number(axis.y(row.predicted_cycles)) + "\" r=\"2.5\" " + fill +
                    " fill-opacity=\"0.6\"/>\n";
        text += svg::textAt(left + 12, legend, (fill + " font-weight=\"bold\"").c_str(),
                            layerKindName(kind));
        legend += 16;
    }
    return svg::document(width, height, text);
}

} // namespace bitdial
