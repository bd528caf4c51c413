// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/kernel_family.h"
#include "core/hardware/tiler.h"
#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// One tile along one axis (rows or columns) of a layer's maps.
struct TileSpan {
    int out_begin = 0;
    int out_size = 0;
    int in_begin = 0; ///< first input position that it loads
    int in_size = 0;  ///< how many
    int before = 0;   ///< positions before the map that its windows touch
    int after = 0;    ///< behind it
    bool operator==(const TileSpan&) const = default;
};

/// One axis of a layer's maps, cut into tiles.
struct TiledAxis {
    int in_length = 1;
    int out_length = 1;
    int tile_size = 1; ///< output positions of a full tile
    int kernel = 1;
    int stride = 1;
    int padding_before = 0;
    /// What the windows touch outside the map is stored around the tile in L1; otherwise the kernel
    /// gets it as padding.
    bool stored_border = false;

    int tiles() const { return (out_length + tile_size - 1) / tile_size; }
    TileSpan span(int tile) const;
    /// Input positions of the tile in L1.
    int storedSize(const TileSpan& span) const
    {
        return span.in_size + (stored_border ? span.before + span.after : 0);
    }
};

/// Equal buffers in L1 or in the streaming part of L2, one behind the other.
struct TileBuffer {
    std::int64_t offset = 0; ///< from the start of the layer's part
    std::int64_t bytes = 0;  ///< of each; 0: not needed
    int copies = 1;
};

/// What a layer's tiles need to know of it.
struct TileSubject {
    KernelFamily family = KernelFamily::Conv;
    LayerBits bits;
    TensorShape in;  ///< as the kernel sees it whole: padded channels, no border
    TensorShape out; ///< the same; neurons are channels
    int kernel_height = 1;
    int kernel_width = 1;
    int stride_y = 1;
    int stride_x = 1;
    Padding padding; ///< as the network says
    int operands = 1;
    int cores = 1;
    bool im2col_packed = false;
};

/// How a layer runs: its tiles, and where their data lie in L1 while it does.
struct TilePlan {
    Tiling tiling; ///< what the tiler chose
    TiledAxis rows;
    TiledAxis columns;
    int channel_tile = 0;
    int channel_tiles = 1;
    std::vector<TileBuffer> inputs; ///< per operand
    TileBuffer weights;
    TileBuffer kappa;  ///< the bias of a 32-bit linear
    TileBuffer lambda; ///< not of a 32-bit linear
    TileBuffer output;
    TileBuffer scratch; ///< im2col, all cores
    TileBuffer weight_scratch;
    std::int64_t l1_bytes = 0;
    std::string border_reason; ///< why a border is stored; empty: none is

    int mapTiles() const { return rows.tiles() * columns.tiles(); }
    int tiles() const { return mapTiles() * channel_tiles; }
};

/// Whether a tile's input has the channels of its output only.
inline bool isChannelWise(KernelFamily family)
{
    return family == KernelFamily::Depthwise || family == KernelFamily::Add ||
           family == KernelFamily::AveragePool || family == KernelFamily::MaxPool;
}

/// Of every buffer and tensor, in bytes: kernels and DMA work with words.
inline constexpr int word_bytes = 4;
constexpr std::int64_t wholeWords(std::int64_t bytes)
{
    return (bytes + word_bytes - 1) / word_bytes * word_bytes;
}

/// Elements of one filter as the kernel reads it; 0 without weights.
std::int64_t filterElements(const TileSubject& subject);

/// Lays the tiles out in L1. A border is stored where the kernel would be wrong at some tile.
TilePlan layOutTiles(const TileSubject& subject, const Tiling& tiling);

/// Why a tile is beyond what the kernel's 16-bit arguments hold; empty: it is not.
std::string whyTooLarge(const TileSubject& subject, const TilePlan& plan);

} // namespace bitdial
