// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
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
    Host,  ///< this machine, with an emulated PULP cluster
    RiscV, ///< bare-metal RV32 under qemu-system-riscv32, one core
    Gvsoc  ///< the user's GVSoC, target pulp-open, with the user's kernel library
};

/// How to verify an exported project.
struct VerifyOptions {
    VerifyRunner runner = VerifyRunner::Host;
    /// Host: a host build of the kernel library (a static library) instead of the portable kernels;
    /// empty: these. Gvsoc: a checkout of the library's sources, else $PULP_NN_MIXED.
    std::filesystem::path kernels;
    /// Emulated cores, a power of two up to the exported number, which is the default. RiscV: 1.
    std::optional<int> cores;
    /// Gvsoc: the simulator's program, or the folder where it was built or installed; a bare name
    /// of neither is looked for on the PATH, and so is "gvsoc" where this is empty.
    std::filesystem::path simulator;
    /// Gvsoc: a compiler with its arguments. Empty: PULP's GCC where $PULP_RISCV_GCC_TOOLCHAIN
    /// names its folder, else clang-19.
    std::string compiler;
    /// Gvsoc: a simulation that takes longer is taken for one that hangs.
    std::chrono::milliseconds simulation_limit = std::chrono::minutes(10);
};

/// What cycles were counted with.
struct TargetTools {
    std::string simulator;              ///< "gvsoc"; empty: none, or nobody says
    std::string compiler;               ///< its kind: "clang" or "gcc"
    std::optional<bool> hardware_loops; ///< whether its code has any
    std::string description = {};       ///< one line with versions, for people
};

/// Cycles of the cluster, beside what the export promised.
struct CountedCycles {
    std::uint64_t promised = 0;
    std::uint64_t measured = 0;
    std::optional<std::uint64_t> promised_kernel = {}; ///< in kernels alone, where it is told
    std::optional<std::uint64_t> measured_kernel = {};
};

/// One layer of a verified project.
struct VerifiedLayer {
    std::string name;
    /// Retired instructions on the first image; none where they are not counted.
    std::optional<std::uint64_t> instructions = {};
    /// On the first image; none where they are not counted.
    std::optional<CountedCycles> cycles = {};
};

/// Result of building and running an exported project.
struct VerifyResult {
    std::string runner;  ///< "host", "riscv", "gvsoc" or "counters"
    std::string kernels; ///< "portable", the library's path, or empty where nobody says
    int cores = 1;
    int images = 0;
    int layers = 0; ///< whose outputs are compared
    bool bit_exact = false;
    std::string first_mismatch; ///< image, layer, channel, pixel, expected and found; empty if none
    std::vector<VerifiedLayer> layer_results;
    std::optional<CountedCycles> total;      ///< of the first image
    std::vector<std::uint64_t> image_cycles; ///< of each image
    std::optional<TargetTools> tools;        ///< Gvsoc: what was found
    /// Whether the total is what was promised; nothing where that cannot be said, see the reason.
    std::optional<bool> cycles_kept;
    std::string cycles_reason;
    /// What the user should know of how it was verified: files that changed since the export, a
    /// kernel library without its header. Names are fit to be shown.
    std::vector<std::string> remarks;
    std::string log; ///< what compiler and program printed
};

/// Builds the project in `folder` with a C compiler (host: $CC, else cc; RISC-V:
/// riscv64-unknown-elf-gcc; Gvsoc: see VerifyOptions::compiler), runs its golden vectors and
/// compares every layer byte for byte. `progress` gets a fraction. Throws Error when a tool is
/// missing or fails (the compiler's log is kept in the folder), when the library lacks a kernel or
/// does not fit, when the network is too large for the RISC-V machine, and Error(Cancelled) within
/// 100 ms of a stop.
VerifyResult verifyExport(const std::filesystem::path& folder, const VerifyOptions& options,
                          std::stop_token stop = {},
                          const std::function<void(double)>& progress = {});

/// Compares what a board or a simulator printed while it ran the project's program: the lines that
/// src/main_pulp.c prints, among any others. Throws Error(BadInput) when the log is of another
/// export or not whole.
VerifyResult verifyCounters(const std::filesystem::path& folder, const std::filesystem::path& log);

/// On the host with the exported number of cores and the portable kernels.
VerifyResult verifyExport(const std::filesystem::path& folder, std::stop_token stop = {},
                          const std::function<void(double)>& progress = {});

} // namespace bitdial
