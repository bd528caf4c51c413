// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/chart_points.h"

#include "core/pareto/front_kind.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace bitdial {
namespace {

/// A float reference has no assignment. Its accuracy on the front's samples is the one to show
/// beside the front.
const Accuracy* floatAccuracy(const PointRow& row, const std::optional<Accuracy>& kind)
{
    if (!row.point.assignment.empty())
        return nullptr;
    const auto* alike = kind ? row.point.accuracy(Rung::Float, kind->role) : nullptr;
    return alike != nullptr ? alike : row.point.accuracy(Rung::Float);
}

ChartPoint chartPoint(const PointModel& model, const PointRow& row, const PointCost& cost,
                      const Accuracy& accuracy)
{
    const auto& from = row.point.provenance;
    const auto& kind = model.frontKind();
    ChartPoint point;
    point.id = row.point.id;
    point.latency_ms = cost.latency_ms;
    point.top1 = accuracy.top1() * 100;
    point.low = accuracy.ciLow() * 100;
    point.high = accuracy.ciHigh() * 100;
    point.mark = {familyOf(from, model.families()), from.role, false,
                  kind && kindOf(accuracy) == kindOf(*kind)};
    if (from.role == PointRole::Reference)
        point.label = from.label;
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
            chart.points[std::size_t(parent->second)].mark.role == PointRole::Found)
            chart.links.push_back({parent->second, index});
    }
    std::ranges::sort(chart.links, {}, &ChartPoints::Link::to);
}

} // namespace

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
            chart.points.push_back(chartPoint(model, row, cost, *accuracy));
        }
    }
    for (const int row : model.front(target)) {
        const int index = index_of_row.at(row);
        chart.points[std::size_t(index)].mark.on_front = true;
        chart.front.push_back(index);
    }
    addLinks(model, index_of_row, chart);
    return chart;
}

} // namespace bitdial
