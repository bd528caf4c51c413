/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#define HAS_RAM (NETWORK_L3_BYTES + NETWORK_L3_GOLDEN_BYTES > 0)
#define HAS_FLASH (NETWORK_L3_WEIGHT_BYTES + NETWORK_L3_GOLDEN_BYTES > 0)
#define GOLDEN_AT ((NETWORK_L3_BYTES + 3u) & ~3u)

#if HAS_RAM
#include "bsp/ram.h"
#include "bsp/ram/hyperram.h"
#endif
#if HAS_FLASH
#include "bsp/flash/hyperflash.h"
#include "bsp/fs/readfs.h"
#endif

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct pi_device ram;
static uint32_t ram_base;

static uint8_t* l1_arena;

static tile_memory memory(void)
{
    tile_memory all;
    all.l1 = l1_arena;
    all.l2 = network_l2;
    all.stage = network_l2 + NETWORK_L2_TENSOR_BYTES;
    all.ram = &ram;
    all.ram_base = ram_base;
    return all;
}

#if HAS_FLASH

static struct pi_device flash, file_system;

/* Once. */
static int open_flash(void)
{
    static int is_open;
    struct pi_hyperflash_conf flash_conf;
    struct pi_readfs_conf fs_conf;
    if (is_open)
        return 0;
    pi_hyperflash_conf_init(&flash_conf);
    pi_open_from_conf(&flash, &flash_conf);
    if (pi_flash_open(&flash)) {
        printf("the flash does not open\n");
        return -1;
    }
    pi_readfs_conf_init(&fs_conf);
    fs_conf.fs.flash = &flash;
    pi_open_from_conf(&file_system, &fs_conf);
    if (pi_fs_mount(&file_system)) {
        printf("the file system in the flash does not mount\n");
        return -1;
    }
    is_open = 1;
    return 0;
}

/* Copies a file of the flash to the external RAM, through the L2 arena. */
static int load(const char* name, uint32_t to, uint32_t bytes)
{
    pi_fs_file_t* file;
    uint32_t at = 0;
    const uint32_t most = NETWORK_L2_TENSOR_BYTES + NETWORK_L2_STAGE_BYTES;
    if (open_flash())
        return -1;
    file = pi_fs_open(&file_system, name, 0);
    if (!file) {
        printf("%s is not in the flash\n", name);
        return -1;
    }
    while (at < bytes) {
        const uint32_t left = bytes - at;
        uint32_t piece = left < most ? left : most;
        if (piece > 4096)
            piece = 4096;
        if (pi_fs_read(file, network_l2, piece) != (int32_t)piece) {
            printf("%s is shorter than it should be\n", name);
            return -1;
        }
        pi_ram_write(&ram, to + at, network_l2, piece);
        at += piece;
    }
    pi_fs_close(file);
    return 0;
}

#endif

#if HAS_RAM

int network_open(void)
{
    struct pi_hyperram_conf conf;
    const uint32_t bytes = GOLDEN_AT + NETWORK_L3_GOLDEN_BYTES;
    pi_hyperram_conf_init(&conf);
    pi_open_from_conf(&ram, &conf);
    if (pi_ram_open(&ram)) {
        printf("the external RAM does not open\n");
        return -1;
    }
    if (pi_ram_alloc(&ram, &ram_base, bytes)) {
        printf("the external RAM has not %lu bytes\n", (unsigned long)bytes);
        return -1;
    }
#if NETWORK_L3_WEIGHT_BYTES > 0
    return load("weights.bin", ram_base, NETWORK_L3_WEIGHT_BYTES);
#else
    return 0;
#endif
}

#else

int network_open(void)
{
    return 0;
}

#endif

#if NETWORK_L3_GOLDEN_BYTES > 0

int network_load_golden(void)
{
    return load("golden.bin", ram_base + GOLDEN_AT, NETWORK_L3_GOLDEN_BYTES);
}

/* Not by the tiles' queues, which a network that is in L2 is built without. */
void network_read_golden(uint32_t at, uint8_t* bytes, uint32_t count)
{
    pi_cl_ram_req_t request;
    pi_cl_ram_read(&ram, ram_base + GOLDEN_AT + at, bytes, count, &request);
    pi_cl_ram_read_wait(&request);
}

#else

int network_load_golden(void)
{
    return 0;
}

#endif

int network_start(void)
{
    if (!l1_arena)
        l1_arena = pi_cl_l1_malloc(NULL, NETWORK_L1_BYTES);
    if (!l1_arena)
        printf("L1 has not %lu bytes left\n", (unsigned long)NETWORK_L1_BYTES);
    return l1_arena ? 0 : -1;
}

uint8_t* network_l1(void)
{
    return l1_arena;
}

void network_write(const network_tensor* tensor, uint32_t offset, const uint8_t* bytes,
                   uint32_t count)
{
    const tile_memory all = memory();
    const uint32_t most = NETWORK_L2_STAGE_BYTES;
    uint32_t at, piece;
    if (tensor->memory == network_in_l2) {
        memcpy(all.l2 + tensor->at + offset, bytes, count);
        return;
    }
    /* The external RAM is written from L2. */
    for (at = 0; at < count; at += piece) {
        piece = count - at < most ? count - at : most;
        memcpy(all.stage, bytes + at, piece);
        tiles_write_ram(&all, tensor->at + offset + at, all.stage, piece);
    }
}

void network_read(const network_tensor* tensor, uint32_t offset, uint8_t* bytes, uint32_t count)
{
    const tile_memory all = memory();
    const uint32_t most = NETWORK_L2_STAGE_BYTES;
    uint32_t at, piece;
    if (tensor->memory != network_in_l3) {
        const uint8_t* arena = tensor->memory == network_in_l1 ? all.l1 : all.l2;
        memcpy(bytes, arena + tensor->at + offset, count);
        return;
    }
    for (at = 0; at < count; at += piece) {
        piece = count - at < most ? count - at : most;
        tiles_read_ram(&all, tensor->at + offset + at, all.stage, piece);
        memcpy(bytes + at, all.stage, piece);
    }
}

static void run_layers(int first, int last, tile_cycles* cycles)
{
    const tile_memory all = memory();
    pi_perf_conf(1 << PI_PERF_CYCLES);
    pi_perf_reset();
    pi_perf_start();
    tiles_run(&all, first, last, cycles);
    pi_perf_stop();
}

void network_run(tile_cycles* cycles)
{
    run_layers(0, NETWORK_LAYERS - 1, cycles);
}

tile_cycles network_run_layer(int layer)
{
    tile_cycles cycles;
    run_layers(layer, layer, &cycles);
    return cycles;
}
