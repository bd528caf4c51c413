// SPDX-License-Identifier: Apache-2.0
#include "core/search/budget_survey.h"

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/hardware/profile/hardware_profile.h"

#include <algorithm>
#include <limits>

namespace bitdial {

BudgetSurvey::BudgetSurvey(std::span<const Budget> budgets)
    : m_budgets(budgets), m_least(budgets.size(), std::numeric_limits<double>::infinity())
{
}

void BudgetSurvey::look(const CostModel& model, const BitAssignment& bits)
{
    const auto totals = model.totals(bits);
    if (totals.infeasible)
        return;
    m_one_fits = m_one_fits || exceededBudget(m_budgets, model, bits, totals) == nullptr;
    for (std::size_t i = 0; i < m_budgets.size(); ++i) {
        const auto& budget = m_budgets[i];
        if (!budget.profile.empty() && budget.profile != model.profile().name())
            continue;
        if (const auto cost = costAlong(budget.axis, model.network(), bits, totals))
            m_least[i] = std::min(m_least[i], *cost);
    }
}

void BudgetSurvey::throwIfNoneFits(const std::string& network) const
{
    if (m_one_fits)
        return;
    std::string why;
    for (std::size_t i = 0; i < m_budgets.size(); ++i)
        if (m_least[i] > m_budgets[i].most)
            why += (why.empty() ? "" : "; ") + budgetText(m_budgets[i]) +
                   " is asked, the least that the search found is " + shortestText(m_least[i]);
    throw Error(ErrorCode::Infeasible, "No assignment costs as little as asked", network,
                why.empty() ? "each limit can be met, but not all at once" : why,
                "Allow more, choose another target or a smaller network");
}

} // namespace bitdial
