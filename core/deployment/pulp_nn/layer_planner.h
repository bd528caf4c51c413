// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/export_plan.h"

namespace bitdial {

class CostModel;

/// Plans one layer: its kernel, and its tiles and cost as the cost model takes them. Where it
/// departs from the network, that is added to the plan's notes. Throws Error(Infeasible) naming the
/// layer.
PlannedLayer planLayer(ExportPlan& plan, const CostModel& costs, int layer,
                       const LayerProgram& program, const LayerCost& promised);

} // namespace bitdial
