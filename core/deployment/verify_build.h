// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/child_process.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bitdial {

/// Where a program is built: not in the project, which stays as exported. Removed at the end.
class BuildFolder {
public:
    /// Throws Error(Failed) when there is no room for it.
    BuildFolder();
    ~BuildFolder();
    BuildFolder(const BuildFolder&) = delete;
    BuildFolder& operator=(const BuildFolder&) = delete;
    std::string program() const { return m_path + "/verify"; }

private:
    std::string m_path;
};

/// $CC (with its arguments) or cc; a relative path is made absolute.
std::vector<std::string> hostCompiler();

/// Throws Error(Failed): the project does not compile, for the reason `why`. The compiler's output
/// is kept in compiler.log in the project where that can be written.
[[noreturn]] void failCompiler(const std::filesystem::path& project,
                               const std::vector<std::string>& command, const ProcessResult& run,
                               const std::string& why, const std::string& next);

} // namespace bitdial
