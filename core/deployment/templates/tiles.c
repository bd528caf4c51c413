/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_moves.h"

#include <string.h>

static int tile_count(int length, int tile)
{
    return (length + tile - 1) / tile;
}

static void compute(const tile_run* run, int index)
{
    const tiled_layer* layer = run->layer;
    const tile_position at = tile_position_of(run, index);
    uint8_t* l1 = run->memory->l1;
    tile_call call;
    int i;
    memset(&call, 0, sizeof call);
    for (i = 0; i < layer->inputs; ++i)
        call.in[i] = l1 + tile_buffer_at(&layer->in[i].l1, at.input_version);
    for (i = 0; i < layer->arrays; ++i)
        call.array[i] = l1 + tile_buffer_at(&layer->array[i].l1, at.array_version);
    call.out = l1 + tile_buffer_at(&layer->out.l1, index);
    call.scratch = l1 + layer->scratch;
    call.weight_scratch = l1 + layer->weight_scratch;
    call.in_x = (uint16_t)tile_stored_size(&layer->columns, &at.column);
    call.in_y = (uint16_t)tile_stored_size(&layer->rows, &at.row);
    call.out_x = (uint16_t)at.column.out_size;
    call.out_y = (uint16_t)at.row.out_size;
    call.channels = (uint16_t)at.channels;
    if (!layer->rows.stored_border) {
        call.top = (uint16_t)at.row.before;
        call.bottom = (uint16_t)at.row.after;
    }
    if (!layer->columns.stored_border) {
        call.left = (uint16_t)at.column.before;
        call.right = (uint16_t)at.column.after;
    }
    pi_cl_team_fork(NUM_CORES, layer->kernel, &call);
}

/* One tile after the other: one buffer of each kind. */
static void run_one_by_one(tile_run* run, int tiles)
{
    int i;
    for (i = 0; i < tiles; ++i) {
        tile_fetch(run, i);
        ram_wait(&run->fetches, 0);
        tile_load(run, i);
        dma_wait(&run->loads, 0);
        compute(run, i);
        tile_store(run, i);
        dma_wait(&run->stores, 0);
        tile_spill(run, i);
        ram_wait(&run->spills, 0);
    }
}

/* While tile i computes, tile i+1 goes to L1, tile i+2 to L2, and the result of tile i-1 to L2. Two
   buffers of each kind: who writes one waits for who read it two tiles ago. */
static void run_overlapped(tile_run* run, int tiles)
{
    int i;
    tile_fetch(run, 0);
    ram_wait(&run->fetches, 0);
    tile_load(run, 0);
    if (tiles > 1)
        tile_fetch(run, 1);
    for (i = 0; i < tiles; ++i) {
        dma_wait(&run->loads, 0);
        ram_wait(&run->fetches, 0);
        if (i + 1 < tiles)
            tile_load(run, i + 1);
        if (i + 2 < tiles)
            tile_fetch(run, i + 2);
        compute(run, i);
        dma_wait(&run->stores, 0);
        ram_wait(&run->spills, 0);
        if (i > 0)
            tile_spill(run, i - 1);
        tile_store(run, i);
    }
    dma_wait(&run->stores, 0);
    tile_spill(run, tiles - 1);
    ram_wait(&run->spills, 0);
}

void tiles_run(const tiled_layer* layer, const tile_memory* memory)
{
    tile_run run;
    int tiles;
    memset(&run, 0, sizeof run);
    run.layer = layer;
    run.memory = memory;
    run.map_tiles = tile_count(layer->rows.out_length, layer->rows.tile) *
                    tile_count(layer->columns.out_length, layer->columns.tile);
    run.channel_tiles = tile_count(layer->channels, layer->channel_tile);
    run.loads.direction = PI_CL_DMA_DIR_EXT2LOC;
    run.stores.direction = PI_CL_DMA_DIR_LOC2EXT;
    run.loads.most = most_loads;
    run.stores.most = most_stores;
    run.spills.writes = 1;
    run.fetches.ram = run.spills.ram = memory->ram;
    run.fetches.base = run.spills.base = memory->ram_base;
    tiles = run.map_tiles * run.channel_tiles;
    if (layer->double_buffered)
        run_overlapped(&run, tiles);
    else
        run_one_by_one(&run, tiles);
}

static void copy_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes,
                     int writes)
{
    ram_queue queue;
    memset(&queue, 0, sizeof queue);
    queue.ram = memory->ram;
    queue.base = memory->ram_base;
    queue.writes = writes;
    ram_run(&queue, address, data, bytes);
    ram_wait(&queue, 0);
}

void tiles_read_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes)
{
    copy_ram(memory, address, data, bytes, 0);
}

void tiles_write_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes)
{
    copy_ram(memory, address, data, bytes, 1);
}
