// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/cycles_svg.h"

#include "core/base/svg.h"
#include "core/deployment/verify/cycle_verdict.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr double width = 760;
constexpr double left = 190;
constexpr double right = 660;
constexpr double top = 78;
constexpr double row_height = 34;
constexpr double bar_height = 12;

/// Colours that stay apart for colour-blind readers (Okabe and Ito 2008), by role.
constexpr const char* promised_colour = "#56b4e9";
constexpr const char* measured_colour = "#d55e00";
constexpr const char* kernel_colour = "#000"; ///< over the other two
constexpr const char* kernel_opacity = "0.33";

std::string bar(double y, double length, double bar_width, const char* colour,
                const char* opacity = "1")
{
    return "<rect x=\"" + svg::number(left) + "\" y=\"" + svg::number(y) + "\" width=\"" +
           svg::number(length) + "\" height=\"" + svg::number(bar_width) + "\" fill=\"" +
           std::string(colour) + "\" fill-opacity=\"" + opacity + "\"/>\n";
}

class CyclesChart {
public:
    explicit CyclesChart(const VerifyResult& result)
    {
        for (const auto& layer : result.layer_results)
            if (layer.cycles) {
                m_layers.push_back(&layer);
                m_most = std::max(
                    {m_most, double(layer.cycles->promised), double(layer.cycles->measured)});
            }
    }

    double bottom() const { return top + row_height * double(m_layers.size()); }

    std::string axis() const
    {
        std::string text;
        const double step = svg::roundStep(m_most, 6);
        const int steps = int(m_most / step);
        for (int i = 0; i <= steps; ++i) {
            const double cycles = i * step;
            const double x = left + lengthOf(cycles);
            text += svg::lineAt(x, top - 6, x, bottom(), "#e4e4e4");
            text += svg::textAt(x, bottom() + 16, "text-anchor=\"middle\"",
                                std::to_string(std::llround(cycles)));
        }
        return text +
               svg::textAt((left + right) / 2, bottom() + 36, "text-anchor=\"middle\"", "cycles");
    }

    std::string bars() const
    {
        std::string text;
        double y = top;
        for (const auto* layer : m_layers) {
            text += rowOf(*layer, y);
            y += row_height;
        }
        return text;
    }

private:
    double lengthOf(double cycles) const { return cycles / m_most * (right - left); }

    std::string rowOf(const VerifiedLayer& layer, double y) const
    {
        const CountedCycles& cycles = *layer.cycles;
        std::string text =
            svg::textAt(left - 8, y + bar_height + 4, "text-anchor=\"end\"", layer.name) +
            bar(y, lengthOf(double(cycles.promised)), bar_height, promised_colour) +
            bar(y + bar_height, lengthOf(double(cycles.measured)), bar_height, measured_colour);
        const auto kernel = [&](double at, const std::optional<std::uint64_t>& part) {
            if (part)
                text += bar(at + bar_height / 3, lengthOf(double(*part)), bar_height / 3,
                            kernel_colour, kernel_opacity);
        };
        kernel(y, cycles.promised_kernel);
        kernel(y + bar_height, cycles.measured_kernel);
        const double end = lengthOf(double(std::max(cycles.promised, cycles.measured)));
        return text + svg::textAt(left + end + 6, y + bar_height + 4, "fill=\"#444\"",
                                  deviationText(cycles));
    }

    std::vector<const VerifiedLayer*> m_layers;
    double m_most = 1;
};

std::string legend(const VerifyResult& result)
{
    std::string text =
        svg::textAt(left, 58, "fill=\"#0072b2\" font-weight=\"bold\"", "promised") +
        svg::textAt(left + 80, 58, "fill=\"#d55e00\" font-weight=\"bold\"", "measured");
    const bool kernels =
        std::any_of(result.layer_results.begin(), result.layer_results.end(), [](const auto& l) {
            return l.cycles && (l.cycles->measured_kernel || l.cycles->promised_kernel);
        });
    if (kernels)
        text += svg::textAt(left + 170, 58, "fill=\"#666\"", "grey: in kernels");
    return text;
}

} // namespace

std::string cyclesSvg(const std::string& title, const VerifyResult& result)
{
    const CyclesChart chart(result);
    std::string text = svg::textAt(16, 22, "font-size=\"15\" font-weight=\"bold\"", title);
    std::string total;
    if (result.total)
        total = std::to_string(result.total->measured) + " cycles measured, " +
                std::to_string(result.total->promised) + " promised, " +
                deviationText(*result.total);
    text += svg::textAt(16, 40, "fill=\"#666\"",
                        total + (result.tools ? "; " + toolsText(*result.tools) : ""));
    return svg::document(width, chart.bottom() + 48,
                         text + legend(result) + chart.axis() + chart.bars());
}

} // namespace bitdial
