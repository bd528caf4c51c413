/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of tiles_run: which part of each tensor a tile needs, and how it gets there and back. */
#ifndef TILE_MOVES_H
#define TILE_MOVES_H

#include "tiles.h"
#include "transfers.h"

/* One tile along one axis. */
typedef struct {
    int out_begin, out_size;
    int in_begin, in_size; /* of the map */
    int before, after;     /* positions outside the map that its windows touch */
} tile_span;

/* One tile: where it lies and which version of each kind of data it needs. Versions count the loads
   of a kind of data: equal versions are the same data. */
typedef struct {
    tile_span row, column;
    int channel_begin, channels;
    int input_version, array_version;
} tile_position;

/* A layer that runs. */
typedef struct {
    const tiled_layer* layer;
    const tile_memory* memory;
    int map_tiles, channel_tiles;
    dma_queue loads, stores;
    ram_queue fetches, spills;
} tile_run;

/* Tile `index` in the order in which tiles run. */
tile_position tile_position_of(const tile_run* run, int index);
/* Rows or columns of a tile's input in L1. */
int tile_stored_size(const tile_axis* axis, const tile_span* span);
uint32_t tile_buffer_at(const tile_buffer* buffer, int version);

/* Start what brings tile `index` from L3 to L2 and from there to L1, but for what the tile before
   it brought; and what takes its result from L1 to L2 and from there to L3. */
void tile_fetch(tile_run* run, int index);
void tile_load(tile_run* run, int index);
void tile_store(tile_run* run, int index);
void tile_spill(tile_run* run, int index);

#endif
