// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/job_queue.h"
#include "core/session/point_measurement.h"

#include <filesystem>
#include <functional>

namespace bitdial {

/// Measures a point of the project through the worker's own connection, and calls `found` on the
/// queue's thread for each result, which is stored by then. Throws Error.
void measureInJob(const std::filesystem::path& project, const MeasureRequest& request,
                  JobContext& context, const std::function<void(const Measured&)>& found);

} // namespace bitdial
