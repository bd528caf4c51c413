// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/l1_buffers.h"
#include "core/hardware/model/program_work.h"
#include "core/hardware/profile/compute_model.h"
#include "core/hardware/profile/fields.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace bitdial {

/// Which of a layer's data lives in L3 and streams through L2.
struct ExternalData {
    bool weights = false;
    int inputs = 0; ///< how many of its input tensors
    bool output = false;
    bool any() const { return weights || inputs > 0 || output; }
    bool operator==(const ExternalData&) const = default;
};

struct Strides {
    int y = 1;
    int x = 1;
    bool operator==(const Strides&) const = default;
};

/// Cycles of a program's work around one layer's kernels, with the layer's start.
double programCycles(const HardwareProfile::Fields& profile, const ProgramWork& work);
/// Of it, those of spreading inputs.
double spreadCycles(const HardwareProfile::Fields& profile, const ProgramWork& work);

/// How a layer is cut into kernel calls, and what that costs in cycles.
struct Tiling {
    int rows = 0;           ///< output rows of a full tile
    int columns = 0;        ///< output columns of a full tile
    int channels = 0;       ///< output channels of a full tile
    bool map_outer = false; ///< the map in the outer loop: weights are loaded again for each part
    bool double_buffered = false; ///< transfers of other tiles run while one computes
    bool library = false;         ///< it calls the PULP-NN kernels on cores
    bool stored_rows = false;     ///< rows outside the map are stored around a tile in L1
    bool stored_columns = false;  ///< so are columns
    int tiles = 1;
    int map_tiles = 1; ///< parts of the map among them
    int shapes = 1;    ///< so many differ in size or place at the map's borders, at most
    L1Buffers l1;
    std::int64_t moved_bytes = 0; ///< L2 <-> L1, all tiles
    std::int64_t l3_bytes = 0;    ///< L3 <-> L2, all tiles
    double latency_cycles = 0;
    double compute_cycles = 0;
    double transfer_cycles = 0; ///< L2 <-> L1, all tiles
    double l3_cycles = 0;       ///< L3 <-> L2, all tiles
    ProgramWork work;
    double overhead_cycles = 0; ///< of this work
    /// Parts of the latency that the layers beside this one can take off it (layer_link.h).
    double first_input_cycles = 0;      ///< the first tile's load of one operand
    double first_parameters_cycles = 0; ///< and of its parameters
    double last_store_cycles = 0;
    double last_kernel_cycles = 0; ///< the last tile's kernel, which loads can run beside
    double input_commands = 0;     ///< of the first tile's load of one operand
    double parameters_commands = 0;
    double store_commands = 0; ///< of the last tile's store
};

/// When the core that waits for a transfer of so many cycles goes on: it looks at intervals.
inline double awaitedCycles(const DmaModel& dma, double cycles)
{
    if (dma.poll_cycles <= 0)
        return cycles;
    const double polls = std::ceil((cycles - dma.poll_offset_cycles) / dma.poll_cycles);
    return dma.poll_offset_cycles + std::max(0.0, polls) * dma.poll_cycles;
}

/// Cycles of one DMA transfer of `lines` lines, L2 to L1 or (store) back, until the core that waits
/// for it goes on.
inline double dmaCycles(const DmaModel& dma, double line_bytes, double lines, bool store)
{
    double words = line_bytes / dma.bandwidth_bytes_per_cycle;
    double bursts = line_bytes / dma.store_burst_bytes;
    if (store && lines > 1) {
        // Stores end each line with a whole word and at least one burst.
        words = std::ceil(words);
        bursts = std::max(1.0, bursts);
    }
    const double line = std::max(dma.line_min_cycles, words);
    return awaitedCycles(dma, dma.setup_cycles + (lines > 1 ? dma.multi_line_cycles : 0) +
                                  lines * (line + (store ? bursts * dma.store_burst_cycles : 0)));
}

/// A layer to be cut. `work` describes the whole layer.
struct TilingProblem {
    const KernelWork& work;
    Strides strides;
    const KernelModel& kernel;
    const HardwareProfile::Fields& profile;
    ExternalData external;
    /// Measured cycles of the kernel called once for the whole layer. Where that fits, it is what
    /// the layer does: no other cut is considered.
    std::optional<double> whole_call_cycles = {};
};

/// The tiling with the least latency that fits the usable L1: output rows x columns x channels,
/// whole input channels (depthwise and pooling: the tile's own). With two buffers each tile
/// overlaps with its neighbours' transfers, after the first load and before the last store; with
/// one buffer, or a single tile, all transfers are exposed. More L1, L2 or bandwidth never makes it
/// slower: every cut that fits is considered. Nothing fits: no value.
std::optional<Tiling> bestTiling(const TilingProblem& problem);

/// The layer in one tile: what layers beside it can share maps with in L1. Does not fit: no value.
std::optional<Tiling> wholeTiling(const TilingProblem& problem);

} // namespace bitdial
