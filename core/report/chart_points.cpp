// SPDX-License-Identifier: Apache-2.0
#include "core/report/chart_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void add(double value)
    {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool empty() const { return low > high; }
};

/// Lower end of the accuracies that are worth a place. The front is followed down from its best
/// point to a gap that would squeeze what is above it (a collapsed point is often on the front, for
/// it is fast); below that as much again.
double usefulFloor(const ChartPoints& chart, const Range& all)
{
    constexpr double least_percent = 4;
    if (chart.front.empty())
        return all.low;
    const auto top1 = [&](int index) { return chart.points[std::size_t(index)].top1; };
    const double best = top1(chart.front.back());
    double last = best;
    for (auto it = chart.front.rbegin(); it != chart.front.rend(); ++it) {
        if (last - top1(*it) > std::max(least_percent, 2 * (best - last)))
            break;
        last = top1(*it);
    }
    return last - std::max(least_percent, best - last);
}

} // namespace

int ChartPoints::indexOf(std::int64_t id) const
{
    const auto found = std::ranges::find(points, id, &ChartPoint::id);
    return found == points.end() ? -1 : int(found - points.begin());
}

int ChartPoints::frontNeighbour(std::int64_t id, int direction) const
{
    if (front.empty())
        return -1;
    const int index = indexOf(id);
    if (index < 0)
        return direction > 0 ? front.front() : front.back();
    const double latency_ms = points[std::size_t(index)].latency_ms;
    const auto beyond = [&](int other) {
        const double difference = points[std::size_t(other)].latency_ms - latency_ms;
        return other != index && difference * direction >= 0;
    };
    if (direction > 0) {
        const auto found = std::ranges::find_if(front, beyond);
        return found == front.end() ? -1 : *found;
    }
    const auto found = std::find_if(front.rbegin(), front.rend(), beyond);
    return found == front.rend() ? -1 : *found;
}

LegendContents ChartPoints::legend() const
{
    LegendContents contents;
    for (const auto& point : points)
        contents.add(point.mark);
    return contents;
}

ChartScales chartScales(const ChartPoints& chart, int latency_steps, int top1_steps)
{
    constexpr double least_percent = 1;
    Range latency_ms;
    Range top1;
    for (const auto& point : chart.points) {
        latency_ms.add(point.latency_ms);
        top1.add(point.mark.on_front ? point.low : point.top1);
        top1.add(point.mark.on_front ? point.high : point.top1);
    }
    if (chart.points.empty())
        return {AxisScale::covering(0, 1, latency_steps, 1), AxisScale::covering(0, 100, 5, 1), 0};
    if (chart.float_reference)
        top1.add(chart.float_reference->top1() * 100);
    const double floor = std::max(top1.low, usefulFloor(chart, top1));
    // Air beside the outermost points, so that no mark is cut by the plot's edge.
    const double air_ms =
        std::max(0.03 * (latency_ms.high - latency_ms.low), 0.002 * latency_ms.high);
    ChartScales scales;
    scales.latency_ms =
        AxisScale::covering(std::max(0.0, latency_ms.low - air_ms), latency_ms.high + air_ms,
                            latency_steps, std::max(0.1 * latency_ms.high, 1e-6));
    const double air_percent = 0.02 * (top1.high - floor);
    scales.top1 = AxisScale::covering(floor - air_percent, std::min(100.0, top1.high + air_percent),
                                      top1_steps, least_percent);
    scales.below = int(std::ranges::count_if(
        chart.points, [&](const ChartPoint& point) { return point.top1 < scales.top1.low; }));
    return scales;
}

ScenePoint placeOf(const ChartPoint& point, const ChartScales& scales, const SceneRect& plot)
{
    const double up = std::clamp(scales.top1.fraction(point.top1), 0.0, 1.0);
    return {plot.x + scales.latency_ms.fraction(point.latency_ms) * plot.width,
            plot.bottom() - up * plot.height};
}

} // namespace bitdial
