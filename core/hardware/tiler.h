// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/compute_model.h"
#include "core/hardware/profile_fields.h"

#include <cstdint>
#include <optional>

namespace bitdial {

/// Which of a layer's data lives in L3 and streams through L2.
struct ExternalData {
    bool weights = false;
    int inputs = 0; ///< how many of its input tensors
    bool output = false;
    bool any() const { return weights || inputs > 0 || output; }
};

struct Strides {
    int y = 1;
    int x = 1;
};

/// How a layer is cut into kernel calls, and what that costs in cycles.
struct Tiling {
    int rows = 0;           ///< output rows of a full tile
    int columns = 0;        ///< output columns of a full tile
    int channels = 0;       ///< output channels of a full tile
    bool map_outer = false; ///< the map in the outer loop: weights are loaded again for each part
    bool double_buffered = false; ///< transfers of other tiles run while one computes
    int tiles = 1;
    std::int64_t l1_bytes = 0;
    double latency_cycles = 0;
    double compute_cycles = 0;
    double transfer_cycles = 0; ///< L2 <-> L1, all tiles
    double l3_cycles = 0;       ///< L3 <-> L2, all tiles
    double overhead_cycles = 0;
};

/// Cycles of one DMA transfer of `lines` lines, L2 to L1 or (store) back.
double dmaCycles(const DmaModel& dma, double line_bytes, double lines, bool store);

/// The tiling with the least latency that fits the usable L1: output rows x columns x channels,
/// whole input channels (depthwise and pooling: the tile's own). With two buffers each tile
/// overlaps with its neighbours' transfers, after the first load and before the last store; with
/// one buffer, or a single tile, all transfers are exposed. `work` describes the whole layer.
/// Nothing fits: no value.
std::optional<Tiling> bestTiling(const KernelWork& work, Strides strides, const KernelModel& kernel,
                                 const HardwareProfile::Fields& profile, ExternalData external);

} // namespace bitdial
