// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/cost_axis.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// A limit on what an assignment may cost.
struct Budget {
    std::string profile; ///< the target that it is for; empty: each
    CostAxis axis = CostAxis::Latency;
    double most = 0; ///< in the axis's unit; positive
    bool operator==(const Budget&) const = default;
};

/// "latency_ms=5", "pulp-open-xpulpv2:weight_bytes=200000".
std::string budgetText(const Budget& budget);
/// Back from it. Throws Error(Usage).
Budget budgetFromText(const std::string& text);

/// Throws Error(Usage) for a budget of a target that is not among these, or of an axis that a
/// target it is for gives no figure of.
void checkBudgets(std::span<const Budget> budgets, std::span<const CostModel> models);

/// The first of them that an assignment exceeds on a target; null: none.
const Budget* exceededBudget(std::span<const Budget> budgets, const CostModel& model,
                             const BitAssignment& bits, const NetworkTotals& totals);

} // namespace bitdial
