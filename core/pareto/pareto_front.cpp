// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/pareto_front.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

bool isFinite(const Objective& objective)
{
    return std::isfinite(objective.cost) && std::isfinite(objective.accuracy);
}

} // namespace

bool dominates(const Objective& a, const Objective& b)
{
    return a.cost <= b.cost && a.accuracy >= b.accuracy &&
           (a.cost < b.cost || a.accuracy > b.accuracy);
}

std::vector<int> paretoFront(std::span<const Objective> candidates)
{
    std::vector<int> order;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        if (isFinite(candidates[i]))
            order.push_back(int(i));
    const auto at = [&](int index) -> const Objective& { return candidates[std::size_t(index)]; };
    std::ranges::sort(order, [&](int a, int b) {
        if (at(a).cost != at(b).cost)
            return at(a).cost < at(b).cost;
        if (at(a).accuracy != at(b).accuracy)
            return at(a).accuracy > at(b).accuracy;
        return a < b;
    });
    // In this order a candidate is dominated (or a duplicate) exactly when an earlier one is at
    // least as accurate.
    std::vector<int> front;
    double best = -std::numeric_limits<double>::infinity();
    for (const int index : order) {
        if (at(index).accuracy <= best)
            continue;
        best = at(index).accuracy;
        front.push_back(index);
    }
    return front;
}

double hypervolume(std::span<const Objective> candidates, const Objective& reference)
{
    double area = 0;
    double floor = reference.accuracy;
    for (const int index : paretoFront(candidates)) {
        const auto& point = candidates[std::size_t(index)];
        if (point.cost >= reference.cost || point.accuracy <= floor)
            continue;
        area += (reference.cost - point.cost) * (point.accuracy - floor);
        floor = point.accuracy;
    }
    return area;
}

} // namespace bitdial
