/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of transfers: by the DMA between L2 and L1, and between the external RAM and L2. */
#ifndef TRANSFERS_H
#define TRANSFERS_H

#include "pmsis.h"

#include "bsp/ram.h"

#include <stdint.h>

/* Transfers that are under way at once. The machine counts 16 in all. */
enum { most_loads = 7, most_stores = 3, most_requests = 3 };

/* DMA transfers of one direction, oldest first. */
typedef struct {
    pi_cl_dma_cmd_t commands[most_loads];
    int first, count, most;
    pi_cl_dma_dir_e direction;
} dma_queue;

/* The same between L2 and the external RAM, whose addresses count from `base`. */
typedef struct {
    pi_cl_ram_req_t requests[most_requests];
    int first, count, writes;
    struct pi_device* ram;
    uint32_t base;
} ram_queue;

/* Waits until at most `left` transfers are under way. */
void dma_wait(dma_queue* queue, int left);
void ram_wait(ram_queue* queue, int left);

/* Starts copying bytes that lie one behind the other. */
void dma_run(dma_queue* queue, uint32_t ext, uint32_t loc, uint32_t bytes);
void ram_run(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes);

/* Starts copying `lines` of `line` bytes, `stride` apart outside (in the external RAM) and one
   behind the other in L1 (in L2). */
void dma_lines(dma_queue* queue, uint32_t ext, uint32_t loc, uint32_t lines, uint32_t line,
               uint32_t stride);
void ram_lines(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t lines, uint32_t line,
               uint32_t stride);

#endif
