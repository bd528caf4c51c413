// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/job_queue.h"
#include "core/data/image_set.h"
#include "core/deployment/pulp_nn_export.h"
#include "core/hardware/hardware_profile.h"
#include "core/pareto/design_point.h"

#include <filesystem>
#include <memory>

namespace bitdial {

inline constexpr int most_golden_images = 64;

/// What the user asks of an export.
struct ExportOrder {
    std::int64_t point = 0;
    int target = 0; ///< index of the open profile
    std::filesystem::path folder;
    int images = 16; ///< golden inputs, 1 to most_golden_images
};

/// An export ready to run on a worker.
struct ExportWork {
    std::filesystem::path project;
    std::shared_ptr<const Network> network;
    DesignPoint point;
    std::shared_ptr<const HardwareProfile> profile;
    ImageSubset samples; ///< golden inputs are its first ones
    std::filesystem::path folder;
    int images = 16;
};

/// How far an export came.
struct ExportOutcome {
    bool is_written = false; ///< the folder is there
    VerifyResult verified;
};

/// Exports with exactly the numbers that the point was measured with, then builds and runs the C on
/// this machine and compares it bit for bit with the integer executor. `outcome` is right also when
/// it throws Error; a mismatch is Error(Failed) that names the first one.
void exportAndVerify(const ExportWork& work, JobContext& context, ExportOutcome& outcome);

} // namespace bitdial
