// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/child_process.h"

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
    std::filesystem::path path() const { return m_path; }

private:
    std::string m_path;
};

/// Words of a command, separated by spaces; a relative path to the program is made absolute, since
/// it is started in another folder.
std::vector<std::string> commandWords(const std::string& text);

/// $CC (with its arguments) or cc.
std::vector<std::string> hostCompiler();

/// Why a compiler failed: its first line that speaks of an error, or how it ended if it said
/// nothing.
std::string compilerFailure(const ProcessResult& run);

/// Keeps a log in the project's folder where that can be written, never through a link and never
/// into a pipe or device: the project may be somebody else's. Returns what to say of it, to be put
/// behind an advice: "; MESSAGES are in ...".
std::string keepLog(const std::filesystem::path& project, const char* name,
                    const std::string& messages, const std::string& text);

/// Removes the compiler.log that an earlier failure left, where it is a regular file.
void removeCompilerLog(const std::filesystem::path& project);

/// Throws Error(Failed): the project does not compile, for the reason `why`. The compiler's output
/// is kept in compiler.log in the project (keepLog).
[[noreturn]] void failCompiler(const std::filesystem::path& project,
                               const std::vector<std::string>& command, const ProcessResult& run,
                               const std::string& why, const std::string& next);

} // namespace bitdial
