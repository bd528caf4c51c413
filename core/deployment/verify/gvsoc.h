// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"

namespace bitdial {

/// verifyExport with the runner Gvsoc: builds the project for pulp-open with the user's compiler,
/// the library's own kernels and our runtime, and runs it on the user's GVSoC. What the simulator
/// printed is kept in simulation.log in the project when that fails.
VerifyResult verifyOnGvsoc(const std::filesystem::path& folder, const VerifyOptions& options,
                           const std::stop_token& stop,
                           const std::function<void(double)>& progress);

} // namespace bitdial
