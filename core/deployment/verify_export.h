// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// Where an exported project is run.
enum class VerifyRunner {
    Host, ///< this machine, with an emulated PULP cluster
    RiscV ///< bare-metal RV32 under qemu-system-riscv32, one core
};

/// How to verify an exported project.
struct VerifyOptions {
    VerifyRunner runner = VerifyRunner::Host;
    /// A host build of the kernel library (a static library) instead of the portable kernels;
    /// empty: these. Host only.
    std::filesystem::path kernels;
    /// Emulated cores, a power of two up to the exported number, which is the default. RiscV: 1.
    std::optional<int> cores;
};

/// One layer of a verified project.
struct VerifiedLayer {
    std::string name;
    /// Retired instructions on the first image; none where they are not counted.
    std::optional<std::uint64_t> instructions;
};

/// Result of building and running an exported project.
struct VerifyResult {
    std::string runner;  ///< "host" or "riscv"
    std::string kernels; ///< "portable" or the library's path
    int cores = 1;
    int images = 0;
    int layers = 0;
    bool bit_exact = false;
    std::string first_mismatch; ///< image, layer, channel, pixel, expected and found; empty if none
    std::vector<VerifiedLayer> layer_results;
    /// What the user should know of how it was verified: files that changed since the export, a
    /// kernel library without its header. Names are fit to be shown.
    std::vector<std::string> remarks;
    std::string log; ///< what compiler and program printed
};

/// Builds the project in `folder` with a C compiler (host: $CC, else cc; RISC-V:
/// riscv64-unknown-elf-gcc), runs its golden vectors and compares every layer byte for byte.
/// `progress` gets a fraction. Throws Error when a tool is missing or fails (the compiler's log is
/// kept in the folder), when the library lacks a kernel or does not fit, when the network is too
/// large for the RISC-V machine, and Error(Cancelled) within 100 ms of a stop.
VerifyResult verifyExport(const std::filesystem::path& folder, const VerifyOptions& options,
                          std::stop_token stop = {},
                          const std::function<void(double)>& progress = {});

/// On the host with the exported number of cores and the portable kernels.
VerifyResult verifyExport(const std::filesystem::path& folder, std::stop_token stop = {},
                          const std::function<void(double)>& progress = {});

} // namespace bitdial
