// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/kernel_family.h"
#include "core/hardware/model/layer_link.h"
#include "core/hardware/model/tile_span.h"
#include "core/hardware/model/tiler.h"
#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

struct PlannedLayer;

/// Equal buffers in L1 or in the streaming part of L2.
struct TileBuffer {
    std::int64_t offset = 0; ///< from the start of the arena
    std::int64_t bytes = 0;  ///< of each; 0: not needed
    int copies = 1;
    std::int64_t second = 0; ///< from the first copy to the second one; 0: there is one
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
};

/// How a layer runs: its tiles, and where their data lie in L1 while it does.
struct TilePlan : LayerProgram {
    TiledAxis rows;
    TiledAxis columns;
    int channel_tiles = 1;
    int last_channels = 0;          ///< of the last part of the channels
    std::vector<TileBuffer> inputs; ///< per operand, as the DMA brings them
    TileBuffer spread;              ///< the input as the kernel reads it, where that differs
    TileBuffer parameters;          ///< weights, kappa, lambda (or bias) of a tile
    TileBuffer output;
    TileBuffer scratch; ///< im2col or accumulators, all cores
    TileBuffer weight_scratch;
    std::int64_t table_offset = 0; ///< of the layer's table, if it is in L1
    /// What the next layer finds of its own in L1, from its first to behind its last byte.
    std::int64_t kept_begin = 0;
    std::int64_t kept_end = 0;
    std::string border_reason; ///< why a border is stored; empty: none is

    int mapTiles() const { return rows.tiles() * columns.tiles(); }
    int tiles() const { return mapTiles() * channel_tiles; }
    /// Channels of a part.
    int channelsOf(int part) const
    {
        return part + 1 < channel_tiles ? tiling.channels : last_channels;
    }
};

/// Whether a tile's input has the channels of its output only.
inline bool isChannelWise(KernelFamily family)
{
    return family == KernelFamily::Depthwise || family == KernelFamily::Add ||
           family == KernelFamily::AveragePool || family == KernelFamily::MaxPool;
}

/// Elements of one filter as the kernel reads it; 0 without weights.
std::int64_t filterElements(const TileSubject& subject);

/// Bytes of one tile's parameters of so many channels, in whole words: weights, then kappa and
/// lambda or the bias.
struct ParameterBlock {
    std::int64_t kappa = 0;  ///< bytes before it
    std::int64_t lambda = 0; ///< bytes before it
    std::int64_t bytes = 0;
    bool operator==(const ParameterBlock&) const = default;
};
ParameterBlock parameterBlock(const TileSubject& subject, int channels);

/// Bytes of a layer's parameters: the blocks of all parts of its channels.
std::int64_t parameterBytes(const TileSubject& subject, const TilePlan& tiles);

/// The tiles of one layer, without places for their buffers.
TilePlan layOutTiles(const TileSubject& subject, const LayerProgram& program);

/// Gives all layers' buffers places in one arena in L1; returns its bytes. Layers take turns in
/// working from its low and its high end: what stays or comes early for the next layer lies at that
/// one's end.
std::int64_t placeInL1(std::span<PlannedLayer> layers);

/// Why a tile is beyond what the kernel's 16-bit arguments hold; empty: it is not.
std::string whyTooLarge(const TileSubject& subject, const TilePlan& plan);

} // namespace bitdial
