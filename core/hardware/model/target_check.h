// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"

#include <string>
#include <vector>

namespace bitdial {

/// A layer that a target cannot run, whatever its widths.
struct LayerRefusal {
    int layer = 0;
    std::string reason;
};

/// What a network meets on one target.
struct TargetCheck {
    std::string profile; ///< name
    std::vector<LayerRefusal> refusals;
    std::string memory; ///< why it does not fit at 8/8; empty: it does, or a layer is refused
    bool runs() const { return refusals.empty() && memory.empty(); }
};

/// Layers that the profile has measured cycles of by name, and that the network does not have.
std::vector<std::string> unknownMeasuredLayers(const CostModel& model);

/// Tries every layer at all widths, and the memory of the whole network at 8/8.
TargetCheck checkTarget(const CostModel& model);

} // namespace bitdial
