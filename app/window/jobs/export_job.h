// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/export_format.h"
#include "app/window/jobs/job_queue.h"
#include "core/data/image_set.h"
#include "core/deployment/interchange/interchange_export.h"
#include "core/deployment/verify/verify_export.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/pareto/design_point.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace bitdial {

/// What the user asks of an export.
struct ExportOrder {
    std::int64_t point = 0;
    int target = 0; ///< index of the open profile; where the format is for one
    std::filesystem::path folder;
    int images = 16; ///< golden inputs, 1 to most_golden_images; where the format has them
    ExportFormat format = ExportFormat::PulpNn;
    bool verify = true; ///< afterwards; where the format can be
};

/// An export ready to run on a worker.
struct ExportWork {
    std::filesystem::path project;
    std::shared_ptr<const Network> network;
    DesignPoint point;
    std::shared_ptr<const HardwareProfile> profile; ///< null: the format is for no target
    ImageSubset samples;                            ///< golden inputs are its first ones
    ExportOrder order;
};

/// Which exported project to verify, and how.
struct VerifyOrder {
    std::filesystem::path folder;
    VerifyOptions options;
};

/// How far an export came.
struct ExportOutcome {
    bool is_written = false; ///< the folder is there
    PointExported written;
    QString report;                       ///< the folder's report.txt
    std::optional<VerifyResult> verified; ///< none: it was not asked for, or not reached
};

/// Exports with exactly the numbers that the point was measured with; where it is asked for, then
/// builds and runs the C on this machine and compares it bit for bit with the integer executor.
/// `outcome` is right also when it throws Error; a mismatch is Error(Failed) that names the first
/// one.
void runExport(const ExportWork& work, JobContext& context, ExportOutcome& outcome);

} // namespace bitdial
