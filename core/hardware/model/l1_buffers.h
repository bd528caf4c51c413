// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/whole_words.h"

#include <cstdint>

namespace bitdial {

/// Kernels load whole words, up to this many bytes behind what they need.
inline constexpr std::int64_t l1_slack_bytes = 32;

/// What an exported program's table of one layer takes, with so many different shapes of tiles: as
/// deployment/templates/tiles.h lays it out.
constexpr std::int64_t tableBytes(std::int64_t shapes, std::int64_t tiles)
{
    constexpr std::int64_t header = 84;
    constexpr std::int64_t shape = 92;
    constexpr std::int64_t step = 32;
    return header + shapes * shape + tiles * step;
}
/// The same in L1; 0 where it is so large that it stays in L2.
constexpr std::int64_t residentTableBytes(std::int64_t shapes, std::int64_t tiles)
{
    constexpr std::int64_t most = 1536;
    const std::int64_t bytes = tableBytes(shapes, tiles);
    return bytes <= most ? bytes : 0;
}
/// Tiles leave so much of L1 for the table of the next layer.
inline constexpr std::int64_t next_table_bytes = 512;

/// Columns of a plane that a depthwise kernel reads: whole words, so that cores spread words.
constexpr int planeColumns(int columns)
{
    return int(wholeWords(columns));
}

/// Equal buffers; bytes of each.
struct L1Buffer {
    std::int64_t bytes = 0; ///< 0: not needed
    int copies = 1;
    std::int64_t all() const { return bytes * copies; }
};

/// What the tiles of a layer need of L1, in whole words: the exporter gives these buffers places
/// and the cost model counts them.
struct L1Buffers {
    L1Buffer input; ///< of each operand, as the DMA brings it
    int operands = 1;
    L1Buffer spread;     ///< the input as the kernel reads it, where that is another form
    L1Buffer parameters; ///< weights, kappa and lambda (or bias) of one tile in a block
    L1Buffer output;
    L1Buffer scratch; ///< im2col, all cores; accumulators of a linear layer
    L1Buffer weight_scratch;
    std::int64_t table = 0; ///< the layer's table
    std::int64_t slack = 0; ///< behind all

    std::int64_t bytes() const
    {
        return input.all() * operands + spread.all() + parameters.all() + output.all() +
               scratch.all() + weight_scratch.all() + table + slack;
    }
};

} // namespace bitdial
