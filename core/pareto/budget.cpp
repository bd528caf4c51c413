// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/budget.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/number_text.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace bitdial {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& why)
{
    throw Error(ErrorCode::Usage, "A limit cannot be read", text, why,
                "Write AXIS=VALUE, such as latency_ms=5, or TARGET:AXIS=VALUE");
}

bool isFor(const Budget& budget, const CostModel& model)
{
    return budget.profile.empty() || budget.profile == model.profile().name();
}

} // namespace

std::string budgetText(const Budget& budget)
{
    return (budget.profile.empty() ? "" : budget.profile + ":") + costAxisName(budget.axis) + "=" +
           shortestText(budget.most);
}

Budget budgetFromText(const std::string& text)
{
    const auto equals = text.rfind('=');
    if (equals == std::string::npos)
        refuse(text, "it has no '='");
    auto axis = text.substr(0, equals);
    Budget budget;
    if (const auto colon = axis.rfind(':'); colon != std::string::npos) {
        budget.profile = axis.substr(0, colon);
        axis = axis.substr(colon + 1);
    }
    budget.axis = costAxisFromName(axis);
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + equals + 1, end, budget.most);
    if (error != std::errc() || stopped != end || !std::isfinite(budget.most) || budget.most <= 0)
        refuse(text, "'" + text.substr(equals + 1) + "' is no positive number");
    return budget;
}

void checkBudgets(std::span<const Budget> budgets, std::span<const CostModel> models)
{
    for (const auto& budget : budgets) {
        std::vector<std::string> names;
        bool found = false;
        for (const auto& model : models) {
            names.push_back(model.profile().name());
            if (!isFor(budget, model))
                continue;
            found = true;
            const auto wide = BitAssignment::uniform(model.network(), 8, 8);
            if (!costAlong(budget.axis, model.network(), wide, model.totals(wide)))
                throw Error(ErrorCode::Usage, "A limit has no figure to hold", budgetText(budget),
                            "the profile " + model.profile().name() + " has none of " +
                                costAxisName(budget.axis),
                            "Limit something else, or give the profile its power figures");
        }
        if (!found)
            throw Error(ErrorCode::Usage, "A limit is for no target", budgetText(budget),
                        "'" + budget.profile + "' is not among the targets",
                        didYouMean(budget.profile, names));
    }
}

const Budget* exceededBudget(std::span<const Budget> budgets, const CostModel& model,
                             const BitAssignment& bits, const NetworkTotals& totals)
{
    const auto exceeded = std::ranges::find_if(budgets, [&](const Budget& budget) {
        return isFor(budget, model) &&
               costAlong(budget.axis, model.network(), bits, totals).value_or(0) > budget.most;
    });
    return exceeded == budgets.end() ? nullptr : &*exceeded;
}

} // namespace bitdial
