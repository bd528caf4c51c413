// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/pareto/design_point.h"
#include "core/project/project.h"
#include "core/quantization/state_encoding.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace bitdial {

/// A point whose accuracy on integers is to be measured.
struct MeasureRequest {
    std::shared_ptr<const Network> network;
    DataSplits data;
    DesignPoint point;
    /// Its nearest ancestor with trained numbers; no state hash: start from the network's own.
    BitAssignment base_bits;
    std::string base_state_hash;
    bool on_test = false; ///< also on test samples, as the points it is compared with
    int threads = 1;
};

/// What a measurement found; stored in the project already.
struct Measured {
    std::shared_ptr<const EncodedState> state;
    Accuracy accuracy;
};

/// What a measurement tells, on its own thread.
struct MeasureEvents {
    std::function<void(DataRole role, double fraction)> progressed;
    std::function<void(const Measured& measured)> stored;
};

/// Numbers for `bits`: the base's where the widths agree; where they differ, steps calibrated anew
/// for the base's weights (a step trained for 8 bits would clip 4-bit values).
QuantizationState stateForEdit(const MeasureRequest& request, const QuantizationState* base,
                               const std::stop_token& stop);

/// Makes the point's state, measures it, and stores each result before it tells of it. Throws
/// Error; Error(Cancelled) after a stop request, also where the point was removed meanwhile.
void measurePoint(Project& project, const MeasureRequest& request, const MeasureEvents& events,
                  const std::stop_token& stop);

} // namespace bitdial
