// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/export_plan.h"

namespace bitdial {

class CostModel;
struct LayerCost;

/// Plans one layer: its kernel, and the tiles that the cost model's tiler chose for it. Where what
/// is stored in L1 needs more than the model counts, the best tiles that leave room for it; this
/// and other departures are added to the plan's notes. Throws Error(Infeasible) naming the layer.
PlannedLayer planLayer(ExportPlan& plan, const CostModel& costs, int layer,
                       const LayerProgram& program, const LayerCost& promised);

} // namespace bitdial
