// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/kernel_dialect.h"
#include "core/hardware/profile/kernel_model.h"
#include "core/hardware/profile/measured_entry.h"
#include "core/hardware/profile/power_model.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// A memory level; `reserved_bytes` are kept for stacks (L1) or code (L2).
struct MemoryLevel {
    std::int64_t bytes = 0;
    std::int64_t reserved_bytes = 0;
    std::int64_t usableBytes() const { return bytes - reserved_bytes; }
};

/// Cluster DMA between L2 and L1, in cycles of the cluster clock.
struct DmaModel {
    double setup_cycles = 0;
    double bandwidth_bytes_per_cycle = 0;
    double line_min_cycles = 0;   ///< a line of a 2D transfer costs at least this
    double store_burst_bytes = 0; ///< L1 to L2 pays store_burst_cycles per burst or line
    double store_burst_cycles = 0;
    double program_cycles = 0;    ///< core time to start one transfer
    double multi_line_cycles = 0; ///< more setup of a 2D transfer
    /// The core that waits sees the end at poll_offset_cycles + a multiple of poll_cycles.
    double poll_cycles = 0; ///< 0: at once
    double poll_offset_cycles = 0;
    bool estimated = false; ///< some figure of it was not measured
};

/// External memory behind L2.
struct ExternalMemory {
    std::int64_t bytes = 0;
    double bandwidth_bytes_per_cycle = 0;
    double latency_cycles = 0; ///< per transfer
    double write_bandwidth_bytes_per_cycle = 0;
    double line_cycles = 0;    ///< more per line of a transfer of several
    double program_cycles = 0; ///< core time to start one transfer
    bool estimated = false;    ///< its bandwidth or latency was not measured
};

/// Cycles that no kernel and no transfer explains.
struct Overheads {
    double layer_cycles = 0;
    double tile_cycles = 0; ///< tile arithmetic and barriers, per kernel call
    /// Part of their cycles that kernels take longer in a program than alone: the DMA works beside
    /// them, and buffers lie where there is room.
    double kernel_fraction = 0;
    /// Cores bring an input into the kernel's order and border: per tile, and per line and byte of
    /// the core that has most, byte by byte or in words.
    double spread_cycles = 0;
    double spread_line_cycles = 0;
    double spread_byte_cycles = 0;
    double spread_word_byte_cycles = 0;
    bool estimated = false; ///< some figure of it was not measured
};

/// With what a profile's cycles were measured. Another compiler or machine takes others: whether a
/// measurement keeps a promise can be said only of the same.
struct MeasuredWith {
    std::string simulator; ///< "gvsoc"
    std::string compiler;  ///< "clang" or "gcc"
    bool hardware_loops = false;
};

struct HardwareProfile::Fields {
    std::string name;
    std::string title;
    std::string description;
    double clock_hz = 0;
    int cores = 0;
    MemoryLevel l1;
    MemoryLevel l2;
    ExternalMemory l3;
    DmaModel dma;
    Overheads overhead;
    bool im2col_packed = false; ///< im2col keeps the input's width instead of unpacking to bytes
    KernelDialect dialect = KernelDialect::PulpNn;
    std::map<KernelKey, KernelModel> kernels;
    std::optional<PowerModel> power; ///< none: the profile gives no energy
    MeasuredEntries measured;        ///< override the model where they match
    std::optional<MeasuredWith> measured_with;
    bool machine_estimated = false; ///< its clock, cores, or sizes of L1 or L2 are unverified
    std::vector<std::string> estimates;
    std::vector<std::string> warnings;
    std::string text;
    std::string hash;
};

} // namespace bitdial
