/* SPDX-License-Identifier: Apache-2.0 */
/* The network: its layers in order, where its data lie, and how to run it. */
#ifndef NETWORK_H
#define NETWORK_H

#include "tiles.h"

#include <stdint.h>

#if NUM_CORES > NETWORK_CORES
#error "NUM_CORES is above the number of cores that the buffers in L1 are for"
#endif

/* Where a tensor lives: in one of the arenas, or in the external RAM. */
typedef enum { network_in_l1, network_in_l2, network_in_l3 } network_memory;

/* A stored tensor: H,W,C, packed, first channel in the low bits, channels padded with zeros. */
typedef struct {
    network_memory memory;
    uint32_t at, bytes;
    int height, width, channels;
    int bits, is_signed;
} network_tensor;

typedef struct {
    const char* name;
    const char* kernel;
    const char* golden_file;
    unsigned long promised_cycles, promised_kernel_cycles;
    network_tensor output;
    /* Bytes of the arena in L1 that the next layer reads or has loaded already. */
    uint32_t kept_begin, kept_end;
} network_layer;

extern const network_tensor network_input;
extern const network_layer network_layers[NETWORK_LAYERS];
/* The arena in L2 of the static memory map. */
extern uint8_t* const network_l2;

/* Before the cluster runs: opens the external RAM and brings the weights there, if the network
   needs them. Returns 0, or says what is wrong and returns something else. */
int network_open(void);
/* After that: brings flash/golden.bin there too, where the golden vectors are in it. */
int network_load_golden(void);

/* The rest is for core 0 of the cluster. */

/* Before all else: takes the arena in L1. Returns 0, or says what is wrong and returns something
   else. */
int network_start(void);
/* That arena, of NETWORK_L1_BYTES. */
uint8_t* network_l1(void);

/* Writes or reads part of a tensor. Tensors that stay in L1 are there until the layer that reads
   them has run. */
void network_write(const network_tensor* tensor, uint32_t offset, const uint8_t* bytes,
                   uint32_t count);
void network_read(const network_tensor* tensor, uint32_t offset, uint8_t* bytes, uint32_t count);
/* Reads part of flash/golden.bin; `bytes` lies in L2. */
void network_read_golden(uint32_t at, uint8_t* bytes, uint32_t count);
/* Runs all layers on all cores. `cycles` has NETWORK_LAYERS entries, or is NULL. */
void network_run(tile_cycles* cycles);
/* Runs one of them; they run in their order. A tensor keeps its values until the last layer that
   reads it has run. */
tile_cycles network_run_layer(int layer);

#endif
