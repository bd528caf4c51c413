/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a layer in tiles: parts of its input and its weights are brought to L1, one kernel call
   computes a part of its output there, and the result is taken back. */
#ifndef TILES_H
#define TILES_H

#include "pmsis.h"

#include <stdint.h>

/* Where data live between layers: in L2, or (l2 is NULL) at `l3` in the external RAM. */
typedef struct {
    const void* l2;
    uint32_t l3;
} tile_place;

/* Equal buffers one behind the other; offsets in bytes. */
typedef struct {
    uint32_t offset, bytes;
    int copies;
} tile_buffer;

/* Rows or columns of a layer's maps. */
typedef struct {
    int in_length, out_length;
    int tile; /* output positions of a full tile */
    int kernel, stride, padding;
    int stored_border; /* what lies outside the map is stored around the tile */
} tile_axis;

/* A tensor: H,W,C, packed. A linear layer's is one pixel. */
typedef struct {
    tile_place place;
    uint32_t pixel_bytes;
    int channels; /* stored ones */
    int bits;
    tile_buffer l1, stage; /* stage: in the part of L2 that data in L3 stream through */
} tile_map;

/* Weights, kappa, lambda or bias: a run of bits per output channel. */
typedef struct {
    tile_place place;
    uint32_t channel_bits;
    tile_buffer l1, stage;
} tile_array;

/* What a kernel works on, all of it in L1. */
typedef struct {
    uint8_t *in[2], *out, *array[3], *scratch, *weight_scratch;
    uint16_t in_x, in_y, out_x, out_y, channels;
    uint16_t top, bottom, left, right; /* padding that the kernel adds */
} tile_call;

typedef struct {
    void (*kernel)(void* call); /* every core of the team runs it with the same tile_call */
    tile_axis rows, columns;
    int channels, channel_tile; /* output channels, of a full tile */
    int channel_wise;           /* a tile's input has its output's channels only */
    int planes;                 /* its input is planes of bytes: the same byte of every pixel */
    int map_outer;              /* all channels of a part of the map, then the next part */
    int double_buffered;        /* transfers of other tiles run while one computes */
    int fill;                   /* byte in a stored border */
    int inputs, arrays;
    tile_map in[2], out;
    tile_array array[3];
    uint32_t scratch, weight_scratch; /* offsets in L1 */
} tiled_layer;

/* The memories that tiles_run works in. */
typedef struct {
    uint8_t *l1, *stage;
    struct pi_device* ram;
    uint32_t ram_base;
} tile_memory;

/* Runs one layer; called by the cluster's core 0 alone. */
void tiles_run(const tiled_layer* layer, const tile_memory* memory);

/* Copies between the external RAM and L2 and waits; for core 0 of the cluster. */
void tiles_read_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes);
void tiles_write_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes);

#endif
