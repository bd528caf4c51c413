// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    /// Positions that its windows touch, inside and outside the map.
    int window() const { return before + in_size + after; }
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
        return stored_border ? span.window() : span.in_size;
    }
};

} // namespace bitdial
