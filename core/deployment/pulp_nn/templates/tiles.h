/* SPDX-License-Identifier: Apache-2.0 */
/* Runs layers in tiles: parts of a layer's input and its parameters are brought to L1, one kernel
   call computes a part of its output there, and the result is taken back. What that needs is worked
   out beforehand, in a table without pointers for each layer, which is in L1 while it runs. Code
   that runs once a layer is fetched anew each time, so there is little of it. */
#ifndef TILES_H
#define TILES_H

#include "pmsis.h"

#include "network_sizes.h"

#include <stdint.h>

/* Lines of a part of a map, `repeat` times; then the rest, which one transfer could not say. */
typedef struct {
    uint32_t bytes, rest;  /* of each transfer, of a last one */
    uint32_t step;         /* between transfers, outside L1 */
    uint16_t line, stride; /* of a line, between lines outside; line 0: it is dense */
    uint16_t repeat, unused;
} tile_move;

/* What tiles of the same size and place at the map's borders have in common. */
typedef struct {
    uint16_t in_x, in_y, out_x, out_y, channels; /* as the kernel gets them */
    uint16_t top, bottom, left, right;           /* padding that the kernel adds */
    uint16_t rows, columns, pixel_bytes;         /* of the input as the DMA brings it */
    uint16_t above, before, width, height; /* spread: where it lies, and what it is a part of */
    tile_move in, out;
    uint32_t in_bytes, out_bytes;            /* of the moves */
    uint32_t parameter_bytes, kappa, lambda; /* of the tile's block, and before them in it */
} tile_shape;

enum { tile_new_input = 1, tile_new_parameters = 2 };

/* One tile. Outside: bytes behind the start of each tensor and of the layer's parameters. In L1 and
   in the part of L2 that data in L3 stream through: words behind the arenas' starts. */
typedef struct {
    uint32_t in, out, parameters;
    uint16_t in_l1[2], parameters_l1, out_l1;
    uint16_t in_stage[2], parameters_stage, out_stage;
    uint8_t shape, brings; /* brings: what the tile before it had not */
    uint16_t unused;
} tile_step;

/* How a tile that the DMA brought becomes what the kernel reads. */
enum {
    spread_not,    /* it is that already */
    spread_planes, /* bytes of pixels to planes of bytes, with what lies outside the map */
    spread_border  /* pixels to pixels, with what lies outside the map */
};

/* Bits: which of a layer's data. */
enum { tile_input_0 = 1, tile_input_1 = 2, tile_parameters = 4, tile_output = 8 };

/* A layer: this, then its shapes, then its steps, then (in L2 only) its parameters. */
typedef struct {
    uint16_t tiles, shapes;
    uint8_t inputs, overlapped; /* overlapped: transfers of other tiles run while one computes */
    uint8_t spread, fill;       /* fill: byte outside the map */
    uint8_t present;            /* bits: what of the first tile is in L1 when the layer begins */
    uint8_t external;           /* bits: what is in L3 */
    uint8_t stores;             /* the result leaves L1 */
    uint8_t early;       /* bits: inputs of the next layer that come while this one computes */
    uint32_t in[2], out; /* of the tensors, in the arena in L2 or in L3 */
    uint32_t parameters; /* in L3, or behind the start of this in L2 */
    uint32_t spread_to, scratch, weight_scratch; /* in L1, bytes */
    /* The next layer's table, and with it its first parameters where there is room; and the inputs
       of `early`: where they are in L2, where they go in L1. */
    uint32_t next_l1, next_bytes;
    uint32_t early_from[2], early_to[2];
    tile_move early_move;
} tile_table;

/* What a kernel works on, all of it in L1. */
typedef struct {
    uint8_t *in[2], *out, *weights, *kappa, *lambda, *scratch, *weight_scratch;
    const tile_shape* shape;
} tile_call;

/* A layer as the program holds it. */
typedef struct {
    void (*kernel)(const tile_call* call); /* every core of the team runs it */
    const tile_table* table;               /* in L2 */
    uint32_t l1, bytes;                    /* where its table goes in L1; without parameters */
} tile_layer;

extern const tile_layer network_tiles[NETWORK_LAYERS];

/* Cycles as the counter has them: of a layer, and of its kernels alone. */
typedef struct {
    uint32_t all, kernels;
} tile_cycles;

/* The memories that layers work in. */
typedef struct {
    uint8_t *l1, *l2, *stage;
    struct pi_device* ram;
    uint32_t ram_base;
} tile_memory;

/* Runs layers `first` to `last` on all cores; called by the cluster's core 0 alone, with the
   counter running. Layers run in their order: `first` is 0 or one behind the last that ran.
   `cycles` has an entry for each, or is NULL. */
void tiles_run(const tile_memory* memory, int first, int last, tile_cycles* cycles);

/* Copies between the external RAM and L2 and waits; for core 0 of the cluster. */
void tiles_read_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes);
void tiles_write_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes);

#endif
