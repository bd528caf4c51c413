// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/project_loading.h"
#include "core/hardware/model/cost_explanation.h"

#include <memory>
#include <stop_token>
#include <vector>

namespace bitdial {

/// Whose costs to explain; for a worker thread.
struct ExplainWork {
    std::shared_ptr<const Network> network;
    CostModels models;
    BitAssignment assignment;
};

/// Why every layer costs what it costs, on every target.
struct CostExplanations {
    std::shared_ptr<const Network> network;
    std::vector<std::vector<LayerExplanation>> targets; ///< one per target, one entry per layer
};

/// Throws Error(Cancelled).
CostExplanations explainCosts(const ExplainWork& work, const std::stop_token& stop);

} // namespace bitdial
