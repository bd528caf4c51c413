// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/child_process.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bitdial {

/// Compiles the sources (relative to the project) for bare-metal RV32 with semihosting.
std::vector<std::string> riscvCompiler(const std::vector<std::string>& sources,
                                       const std::string& program);

/// Throws when that failed: Error(Infeasible) for a network that is too large for the machine, else
/// Error(Failed), which names the packages where a tool is missing.
void checkRiscvCompiler(const std::filesystem::path& project,
                        const std::vector<std::string>& command, const ProcessResult& run);

/// Runs such a program. Instructions are counted exactly: one per nanosecond of its clock.
std::vector<std::string> riscvMachine(const std::string& program);
/// Throws Error(Failed) when the machine did not start (naming the package) or the program faulted.
void checkRiscvMachine(const ProcessResult& run);

} // namespace bitdial
