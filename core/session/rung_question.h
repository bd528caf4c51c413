// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/rung_comparison.h"
#include "core/quantization/device_results.h"
#include "core/session/quantized_point.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>

namespace bitdial {

/// A point whose rungs are to be compared.
struct RungQuestion {
    QuantizedPoint point;
    ImageSubset samples;
    DataRole role = DataRole::All;
    int code_samples = 64; ///< the first ones, whose layers are compared; at most all
    int threads = 1;       ///< of the integer rung
    std::optional<std::filesystem::path> device; ///< what the chip gave
};

/// What was found.
struct RungAnswer {
    RungComparison rungs;
    std::optional<DeviceComparison> device;
};

enum class RungPhase { Folding, Device, Rungs };
/// A negative fraction is not known.
using RungProgress = std::function<void(RungPhase phase, double fraction)>;

/// What the device gave comes first: what does not fit should not be said after minutes. Throws
/// Error as readDeviceResults, compareDevice and compareRungs do.
RungAnswer answerRungs(const RungQuestion& question, const std::stop_token& stop,
                       const RungProgress& progress = {});

} // namespace bitdial
