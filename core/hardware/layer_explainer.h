// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/cost_explanation.h"
#include "core/hardware/layer_costs.h"

namespace bitdial {

/// A layer in its place, with what the cost model knows of it.
struct LayerSubject {
    const Network& network;
    const HardwareProfile::Fields& profile;
    const LayerCosts& costs;
    int layer = 0;
    LayerBits bits;
    ExternalData external;
};

/// The explanation of CostModel::explain. L2 bytes of its cost are left 0: they belong to the
/// network's plan.
LayerExplanation explainLayer(const LayerSubject& subject);

} // namespace bitdial
