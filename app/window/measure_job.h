// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/job_queue.h"
#include "core/data/image_set.h"
#include "core/pareto/design_point.h"
#include "core/quantization/quantization_state.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace bitdial {

/// A point whose accuracy on integers is to be measured.
struct MeasureRequest {
    std::filesystem::path project;
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
    std::shared_ptr<const QuantizationState> state;
    std::string state_hash;
    Accuracy accuracy;
};

/// Numbers for `bits`: the base's where the widths agree; where they differ, steps calibrated anew
/// for the base's weights (a step trained for 8 bits would clip 4-bit values).
QuantizationState stateForEdit(const MeasureRequest& request, const QuantizationState* base,
                               const std::stop_token& stop);

/// Runs on a worker: makes the point's state, measures it, and stores each result before it calls
/// `found` on the queue's thread. Throws Error.
void measurePoint(const MeasureRequest& request, JobContext& context,
                  const std::function<void(const Measured&)>& found);

} // namespace bitdial
