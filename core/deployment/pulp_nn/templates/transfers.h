/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of transfers: by the DMA between L2 and L1, and between the external RAM and L2. */
#ifndef TRANSFERS_H
#define TRANSFERS_H

#include "tiles.h"

#include "bsp/ram.h"

/* Transfers of one list that are under way at once. The DMA counts 16 in all; the SDK's driver of
   the external RAM loses one's end where there are three of a direction. */
enum { most_commands = 5, most_requests = 2 };
enum { most_ram_bytes = 32768 }; /* of one request */

/* DMA transfers that were not awaited yet. */
typedef struct {
    int count;
    pi_cl_dma_cmd_t commands[most_commands];
} dma_list;

/* The same between L2 and the external RAM, whose addresses count from `base`; oldest first. */
typedef struct {
    pi_cl_ram_req_t requests[most_requests];
    unsigned first, count;
    int writes;
    struct pi_device* ram;
    uint32_t base;
} ram_queue;

/* Wait until no transfer, or at most `left`, are under way. */
void dma_wait(dma_list* list);
void ram_wait(ram_queue* queue, unsigned left);

/* Start moving what `move` says, or so many bytes that lie one behind the other. */
void dma_move(dma_list* list, uint32_t ext, uint32_t loc, const tile_move* move,
              pi_cl_dma_dir_e direction);
void dma_run(dma_list* list, uint32_t ext, uint32_t loc, uint32_t bytes, pi_cl_dma_dir_e direction);
void ram_move(ram_queue* queue, uint32_t address, uint8_t* data, const tile_move* move);
void ram_run(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes);

#endif
