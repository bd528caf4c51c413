// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/project.h"
#include "core/deployment/verify/target_compiler.h"

#include <functional>

namespace bitdial {

/// A checkout of the kernel library: the folder that was named, else $PULP_NN_MIXED. Throws
/// Error(Usage) when neither is, Error(BadInput) when it has no kernels for the project's
/// instruction set. Returns the folder with src/ and include/.
std::filesystem::path openKernelSources(const std::filesystem::path& named,
                                        const VerifyProject& project);

/// A project's program for pulp-open.
struct TargetProgram {
    std::filesystem::path file;
    bool hardware_loops = false; ///< the kernels have some
};

/// Builds the project with the library's kernels and our runtime in `folder`. `progress` gets a
/// fraction. Throws Error(Failed) when it does not compile (the messages are kept in the project),
/// Error(Infeasible) when the machine's L2 does not hold it.
TargetProgram buildForTarget(const VerifyProject& project, const TargetCompiler& compiler,
                             const std::filesystem::path& kernels,
                             const std::filesystem::path& folder, const std::stop_token& stop,
                             const std::function<void(double)>& progress);

} // namespace bitdial
