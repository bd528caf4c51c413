/* SPDX-License-Identifier: Apache-2.0 */
/* The network: its layers in order, where its data lie, and how to run it. */
#ifndef NETWORK_H
#define NETWORK_H

#include "network_sizes.h"
#include "tiles.h"

#include <stdint.h>

#if NUM_CORES > NETWORK_CORES
#error "NUM_CORES is above the number of cores that the buffers in L1 are for"
#endif

/* A stored tensor: H,W,C, packed, first channel in the low bits, channels padded with zeros. */
typedef struct {
    tile_place place;
    uint32_t bytes;
    int height, width, channels;
    int bits, is_signed;
} network_tensor;

typedef struct {
    const char* name;
    const char* kernel;
    const char* golden_file;
    unsigned long promised_cycles;
    const tiled_layer* tiles;
    network_tensor output;
} network_layer;

extern const network_tensor network_input;
extern const network_layer network_layers[NETWORK_LAYERS];
/* The arenas of the static memory map. */
extern uint8_t *const network_l1, *const network_l2;

/* Before the cluster runs: opens the external RAM and brings the weights there, if the network
   needs them. Returns 0, or says what is wrong and returns something else. */
int network_open(void);

/* The rest is for core 0 of the cluster. */

/* Writes a whole tensor, or reads part of it. */
void network_write(const network_tensor* tensor, const uint8_t* bytes);
void network_read(const network_tensor* tensor, uint32_t offset, uint8_t* bytes, uint32_t count);
/* Runs one layer on all cores and returns its cycles as the counter has them. A tensor keeps its
   values until the last layer that reads it has run. */
uint32_t network_run_layer(int layer);

#endif
