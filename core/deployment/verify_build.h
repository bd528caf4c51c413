// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/child_process.h"

#include <filesystem>
#include <string>
#include <vector>

namespace bitdial {

inline constexpr const char* temporary_folder_advice =
    "Set TMPDIR to a folder with space, from which programs may be started";

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

/// Why a compiler failed: its first line that speaks of an error, or how it ended if it said
/// nothing.
std::string compilerFailure(const ProcessResult& run);

/// Removes the compiler.log that an earlier failure left, where it is a regular file.
void removeCompilerLog(const std::filesystem::path& project);

/// Throws Error(Failed): the project does not compile, for the reason `why`. The compiler's output
/// is kept in compiler.log in the project where that can be written; the project may be somebody
/// else's, so never through a link and never into a pipe or device.
[[noreturn]] void failCompiler(const std::filesystem::path& project,
                               const std::vector<std::string>& command, const ProcessResult& run,
                               const std::string& why, const std::string& next);

} // namespace bitdial
