// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/tiler.h"
#include "core/hardware/profile/compute_model.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <array>
#include <span>
#include <vector>

namespace bitdial {

/// Tiles of one dimension that cost the same: the first, those between, the last.
struct TileClass {
    int size = 0;    ///< output rows, columns or channels
    int in_size = 0; ///< input rows or columns that they need; of channels: unused
    int count = 0;   ///< tiles like this one
    bool first = false;
    bool last = false;
};

/// One dimension of a layer's output cut into tiles of one size (the last may be smaller).
struct DimensionCut {
    std::array<TileClass, 3> storage;
    int used = 0;
    int tiles = 0;
    int largest_input = 0;  ///< of all tiles
    int largest_window = 0; ///< of all tiles, with what lies outside the map
    bool has_empty = false; ///< the windows of some tile see nothing of the map
    /// The kernel is wrong in some tile unless what lies outside the map is stored around it.
    bool needs_border = false;
    int shapes = 0;      ///< tiles that differ in size or in what lies outside the map around them
    int input_total = 0; ///< input rows or columns that all tiles read together

    std::span<const TileClass> classes() const { return {storage.data(), std::size_t(used)}; }
    const TileClass& full() const { return storage[0]; }
    const TileClass& final() const { return storage[std::size_t(used - 1)]; }
};

/// The cuts of a layer's rows that are tried, largest tiles first. Kernels split rows over the
/// cores: whole multiples of them, and fewer where those do not fit.
std::vector<DimensionCut> rowCuts(const KernelWork& work, Strides strides, int cores);

/// Of its columns. Pixels go in pairs. Adds are cut by rows only: more would not help them.
std::vector<DimensionCut> columnCuts(const KernelWork& work, Strides strides,
                                     KernelDialect dialect);

/// Of its output channels: whole units of the kernels and of packed bytes. Plain kernels also do
/// fewer than a unit.
std::vector<DimensionCut> channelCuts(const KernelWork& work, int cores, KernelDialect dialect);

} // namespace bitdial
