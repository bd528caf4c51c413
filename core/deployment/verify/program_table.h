// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"

#include <filesystem>
#include <string>

namespace bitdial {

/// A CSV of the project's layers: what the program does around their kernels, as its report says,
/// and the cycles that were measured. `profile fit` takes it (program_fit.h). Throws
/// Error(BadInput) where the report has no such counts or the result no cycles.
std::string programTable(const std::filesystem::path& folder, const VerifyResult& result);

} // namespace bitdial
