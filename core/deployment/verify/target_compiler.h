// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// A compiler for the cores of a PULP cluster.
struct TargetCompiler {
    std::vector<std::string> command; ///< with its first arguments
    std::string kind;                 ///< "clang" or "gcc" (PULP's, which knows the builtins)
    std::string version;              ///< first line of what it says of itself
};

/// The compiler that the user chose (a command with arguments), else PULP's GCC where
/// $PULP_RISCV_GCC_TOOLCHAIN names its folder, else clang-19. It is asked for its version. Throws
/// Error(Failed) when there is none, or it is too old.
TargetCompiler findTargetCompiler(const std::string& chosen, const std::stop_token& stop);

/// What compiles one C file: to assembly with clang, whose memory accesses xpulpAssembly must
/// encode anew, to an object with GCC.
std::vector<std::string> targetCompile(const TargetCompiler& compiler, int cores,
                                       const std::vector<std::filesystem::path>& includes,
                                       const std::filesystem::path& source,
                                       const std::filesystem::path& output);
std::vector<std::string> targetAssemble(const TargetCompiler& compiler,
                                        const std::filesystem::path& source,
                                        const std::filesystem::path& object);
std::vector<std::string> targetLink(const TargetCompiler& compiler,
                                    const std::vector<std::filesystem::path>& objects,
                                    const std::filesystem::path& script,
                                    const std::filesystem::path& program);

} // namespace bitdial
