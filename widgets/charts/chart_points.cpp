// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/chart_points.h"

#include "core/pareto/front_kind.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace bitdial {
namespace {

PointMark markOf(const Provenance& from)
{
    switch (from.role) {
    case PointRole::Reference:
        return PointMark::Uniform;
    case PointRole::Hand:
        return PointMark::Hand;
    case PointRole::Found:
        return PointMark::Stage1;
    case PointRole::Refined:
        break;
    }
    return PointMark::Searched;
}

/// A float reference has no assignment. Its accuracy on the front's samples is the one to show
/// beside the front.
const Accuracy* floatAccuracy(const PointRow& row, const std::optional<Accuracy>& kind)
{
    if (!row.point.assignment.empty())
        return nullptr;
    const auto* alike = kind ? row.point.accuracy(Rung::Float, kind->role) : nullptr;
    return alike != nullptr ? alike : row.point.accuracy(Rung::Float);
}

ChartPoint chartPoint(const PointRow& row, const PointCost& cost, const Accuracy& accuracy,
                      const std::optional<Accuracy>& kind)
{
    ChartPoint point;
    point.id = row.point.id;
    point.latency_ms = cost.latency_ms;
    point.top1 = accuracy.top1() * 100;
    point.low = accuracy.ciLow() * 100;
    point.high = accuracy.ciHigh() * 100;
    point.mark = markOf(row.point.provenance);
    point.comparable = kind && kindOf(accuracy) == kindOf(*kind);
    if (point.mark == PointMark::Uniform)
        point.label = QString::fromStdString(row.point.provenance.label);
    return point;
}

/// Index in the chart of each model row that it shows.
using IndexOfRow = std::unordered_map<int, int>;

void addLinks(const PointModel& model, const IndexOfRow& index_of_row, ChartPoints& chart)
{
    for (const auto& [row, index] : index_of_row) {
        const auto& from = model.rows()[std::size_t(row)].point.provenance;
        if (from.role != PointRole::Refined)
            continue;
        const auto parent = index_of_row.find(model.rowOf(from.parent));
        if (parent != index_of_row.end() &&
            chart.points[std::size_t(parent->second)].mark == PointMark::Stage1)
            chart.links.push_back({parent->second, index});
    }
    std::ranges::sort(chart.links, {}, &ChartPoints::Link::to);
}

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

int ChartPoints::indexOf(qint64 id) const
{
    const auto found = std::ranges::find(points, id, &ChartPoint::id);
    return found == points.end() ? -1 : int(found - points.begin());
}

int ChartPoints::frontNeighbour(qint64 id, int direction) const
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

ChartPoints chartPoints(const PointModel& model, int target)
{
    ChartPoints chart;
    chart.kind = model.frontKind();
    IndexOfRow index_of_row;
    for (int r = 0; r < model.rowCount(); ++r) {
        const auto& row = model.rows()[std::size_t(r)];
        if (const auto* accuracy = floatAccuracy(row, chart.kind))
            chart.float_reference = *accuracy;
        if (std::size_t(target) >= row.costs.size())
            continue;
        const auto& cost = row.costs[std::size_t(target)];
        const auto* accuracy = model.shownAccuracy(row.point);
        if (!cost.infeasible_reason.empty()) {
            ++chart.unable;
        } else if (accuracy == nullptr || !std::isfinite(cost.latency_ms)) {
            ++chart.unmeasured;
        } else {
            index_of_row.emplace(r, int(chart.points.size()));
            chart.points.push_back(chartPoint(row, cost, *accuracy, chart.kind));
        }
    }
    for (const int row : model.front(target)) {
        const int index = index_of_row.at(row);
        chart.points[std::size_t(index)].on_front = true;
        chart.front.push_back(index);
    }
    addLinks(model, index_of_row, chart);
    return chart;
}

ChartScales chartScales(const ChartPoints& chart, int latency_steps, int top1_steps)
{
    constexpr double least_percent = 1;
    Range latency_ms;
    Range top1;
    for (const auto& point : chart.points) {
        latency_ms.add(point.latency_ms);
        top1.add(point.on_front ? point.low : point.top1);
        top1.add(point.on_front ? point.high : point.top1);
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

} // namespace bitdial
