// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_explanation.h"
#include "core/hardware/model/layer_costs.h"

namespace bitdial {

/// A layer in its place, with what the cost model knows of it.
struct LayerSubject {
    const Network& network;
    const HardwareProfile::Fields& profile;
    const LayerCosts& costs;
    int layer = 0;
    LayerBits bits;
    ExternalData external;
    LayerCost cost;               ///< in its place in the network
    std::optional<Tiling> tiling; ///< so is its latency
};

/// The explanation of CostModel::explain.
LayerExplanation explainLayer(const LayerSubject& subject);

} // namespace bitdial
