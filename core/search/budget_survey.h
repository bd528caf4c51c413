// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/budget.h"

#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// Whether any of many assignments meets all budgets on some target.
class BudgetSurvey {
public:
    /// The budgets outlive it.
    explicit BudgetSurvey(std::span<const Budget> budgets);
    /// Looks at one more; what the target cannot run counts for nothing.
    void look(const CostModel& model, const BitAssignment& bits);
    /// Throws Error(Infeasible) with what was asked and the least that was seen.
    void throwIfNoneFits(const std::string& network) const;

private:
    std::span<const Budget> m_budgets;
    std::vector<double> m_least; ///< seen, by budget
    bool m_one_fits = false;
};

} // namespace bitdial
