// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/child_process.h"

#include <filesystem>
#include <iosfwd>
#include <string>

namespace bitdial {

/// A user's own host build of the kernel library.
struct KernelLibrary {
    std::filesystem::path file;   ///< absolute
    std::filesystem::path header; ///< its pulp_nn_kernels.h; empty where none lies beside it
    std::string machine; ///< what its first object was compiled for, "x86-64"; may be empty
};

/// Looks at the library: a static one, its header in the same folder, in include/ there or in
/// include/ beside that folder. Throws Error(BadInput) when there is no such library.
KernelLibrary openKernelLibrary(const std::filesystem::path& file);

/// What the first object of an ar archive was compiled for; empty where none is found among its
/// first members. Reads a few hundred bytes whatever the archive's size.
std::string archiveMachine(std::istream& archive);

/// Throws the reason when linking failed because of the library: a missing kernel, another machine,
/// another number of cores. Returns when the reason is another.
void explainLinkFailure(const KernelLibrary& library, const ProcessResult& run, int cores);

} // namespace bitdial
