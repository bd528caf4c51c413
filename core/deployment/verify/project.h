// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"
#include "core/quantization/bit_assignment.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// What an exported project says of itself, in its report and its manifest.
struct VerifyProject {
    std::filesystem::path folder; ///< absolute
    int cores = 1;
    std::string isa;
    std::vector<std::string> layers; ///< names, fit to be shown
    std::vector<LayerBits> bits;     ///< per layer; empty: an older export
    std::string network_hash;
    std::string profile;
    std::string profile_hash;
    std::string identity; ///< what the target's program prints; empty: an older export
    std::optional<TargetTools> measured_with; ///< of the profile that the promises are from
    std::vector<std::string> remarks;         ///< files that changed since the export
    std::string changes;                      ///< the same, short and inside brackets; may be empty
};

/// A power of two; the kernels divide their work by shifting.
bool isPossibleCoreCount(int cores);

/// Reads the project. Throws Error(BadInput) when the folder holds none or a damaged one.
VerifyProject openVerifyProject(const std::filesystem::path& folder);

/// What the user changed is the likeliest reason why files do not compile or run.
std::string withChanges(const VerifyProject& project, const std::string& why);

/// Throws Error(Usage): the project cannot be verified with this option.
[[noreturn]] void failVerifyOption(const std::string& option, const std::string& why,
                                   const std::string& next);

} // namespace bitdial
