/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of the emulated PULP: external RAM, flash, counters, the cluster and the program. */
#include "pulp_devices.h"
#include "pulp_emulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As large as the largest HyperRAM of the boards. */
#ifndef PULP_RAM_BYTES
#define PULP_RAM_BYTES (64u << 20)
#endif
/* Folder that holds the flash's files, from where the program is started. */
#ifndef PULP_FLASH_FOLDER
#define PULP_FLASH_FOLDER "flash"
#endif

enum { garbage = 0xa5, ram_grain = 4 };

void pi_open_from_conf(struct pi_device* device, void* conf)
{
    device->config = conf;
    device->data = NULL;
}

/* ---- External RAM: one, which grows as it is allocated; a block is freed with all behind it. */
static struct {
    char* bytes;
    uint32_t used;
    int open;
} ram;

void pi_hyperram_conf_init(struct pi_hyperram_conf* conf)
{
    conf->id = 0;
}

int32_t pi_ram_open(struct pi_device* device)
{
    (void)device;
    ram.open = 1;
    return 0;
}

void pi_ram_close(struct pi_device* device)
{
    (void)device;
    pulp_check_awaited();
    free(ram.bytes);
    memset(&ram, 0, sizeof ram);
}

int32_t pi_ram_alloc(struct pi_device* device, uint32_t* addr, uint32_t size)
{
    const uint32_t rounded = (size + ram_grain - 1) / ram_grain * ram_grain;
    char* larger;
    (void)device;
    if (!ram.open)
        pulp_stop("the external RAM is used before it is open");
    pulp_check_awaited();
    if (size == 0 || size > PULP_RAM_BYTES || rounded > PULP_RAM_BYTES - ram.used)
        return -1;
    larger = realloc(ram.bytes, (size_t)ram.used + rounded);
    if (!larger)
        return -1;
    memset(larger + ram.used, garbage, rounded);
    ram.bytes = larger;
    *addr = ram.used;
    ram.used += rounded;
    return 0;
}

int32_t pi_ram_free(struct pi_device* device, uint32_t addr, uint32_t size)
{
    (void)device;
    if (addr > ram.used || size > ram.used - addr)
        return -1;
    ram.used = addr;
    return 0;
}

static char* ram_at(uint32_t addr, uint32_t size, const void* data)
{
    if (!ram.open)
        pulp_stop("the external RAM is used before it is open");
    if (size == 0 || addr > ram.used || size > ram.used - addr)
        pulp_stop("a transfer outside what is allocated in the external RAM");
    if (pulp_touches_l1(data, size))
        pulp_stop("a transfer between the external RAM and L1; it can only reach L2");
    return ram.bytes + addr;
}

void pi_ram_read(struct pi_device* device, uint32_t addr, void* data, uint32_t size)
{
    (void)device;
    memcpy(data, ram_at(addr, size, data), size);
}

void pi_ram_write(struct pi_device* device, uint32_t addr, void* data, uint32_t size)
{
    (void)device;
    memcpy(ram_at(addr, size, data), data, size);
}

static void request(pi_cl_ram_req_t* req, uint32_t addr, void* data, uint32_t size)
{
    req->address = addr;
    req->data = data;
    req->size = size;
}

void pi_cl_ram_read(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                    pi_cl_ram_req_t* req)
{
    const char* from = ram_at(addr, size, data);
    (void)device;
    request(req, addr, data, size);
    req->id = pulp_start_transfer(req, data, size, from, size, size, size);
}

void pi_cl_ram_write(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                     pi_cl_ram_req_t* req)
{
    char* to = ram_at(addr, size, data);
    (void)device;
    request(req, addr, data, size);
    req->id = pulp_start_transfer(req, to, size, data, size, size, size);
}

static void check_lines(uint32_t size, uint32_t length)
{
    if (length == 0 || size % length != 0)
        pulp_stop("a 2D transfer of the external RAM that is not of whole lines");
}

void pi_cl_ram_read_2d(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                       uint32_t stride, uint32_t length, pi_cl_ram_req_t* req)
{
    const char* from;
    (void)device;
    check_lines(size, length);
    from = ram_at(addr, (size / length - 1) * stride + length, data);
    request(req, addr, data, size);
    req->id = pulp_start_transfer(req, data, length, from, stride, size, length);
}

void pi_cl_ram_write_2d(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                        uint32_t stride, uint32_t length, pi_cl_ram_req_t* req)
{
    char* to;
    (void)device;
    check_lines(size, length);
    to = ram_at(addr, (size / length - 1) * stride + length, data);
    request(req, addr, data, size);
    req->id = pulp_start_transfer(req, to, stride, data, length, size, length);
}

void pi_cl_ram_read_wait(pi_cl_ram_req_t* req)
{
    pulp_await_transfer(req, req->id);
}

void pi_cl_ram_write_wait(pi_cl_ram_req_t* req)
{
    pulp_await_transfer(req, req->id);
}

/* ---- Flash. */
void pi_hyperflash_conf_init(struct pi_hyperflash_conf* conf)
{
    conf->id = 0;
}

int32_t pi_flash_open(struct pi_device* device)
{
    (void)device;
    return 0;
}

void pi_flash_close(struct pi_device* device)
{
    (void)device;
}

void pi_readfs_conf_init(struct pi_readfs_conf* conf)
{
    memset(conf, 0, sizeof *conf);
}

int32_t pi_fs_mount(struct pi_device* device)
{
    const struct pi_readfs_conf* conf = device->config;
    return conf && conf->fs.flash ? 0 : -1;
}

void pi_fs_unmount(struct pi_device* device)
{
    (void)device;
}

pi_fs_file_t* pi_fs_open(struct pi_device* device, const char* name, int flags)
{
    char path[1024];
    pi_fs_file_t* file;
    FILE* stream;
    long size;
    (void)device;
    if (flags != PI_FS_FLAGS_READ)
        return NULL;
    if (snprintf(path, sizeof path, "%s/%s", PULP_FLASH_FOLDER, name) >= (int)sizeof path)
        return NULL;
    stream = fopen(path, "rb");
    file = malloc(sizeof *file);
    if (!stream || !file || fseek(stream, 0, SEEK_END) || (size = ftell(stream)) < 0 ||
        fseek(stream, 0, SEEK_SET)) {
        fprintf(stderr, "emulation: the flash file %s cannot be read\n", path);
        if (stream)
            fclose(stream);
        free(file);
        return NULL;
    }
    file->stream = stream;
    file->size = (uint32_t)size;
    file->offset = 0;
    return file;
}

int32_t pi_fs_read(pi_fs_file_t* file, void* buffer, uint32_t size)
{
    const size_t got = fread(buffer, 1, size, file->stream);
    file->offset += (uint32_t)got;
    return (int32_t)got;
}

void pi_fs_close(pi_fs_file_t* file)
{
    fclose(file->stream);
    free(file);
}

/* ---- Counters. */
static uint64_t counted, started_at;
static int counting;

static uint64_t retired_instructions(void)
{
#if defined(PULP_BARE_METAL)
    uint32_t low, high, again;
    do { /* until the low half has not run over between the readings of the high one */
        __asm__ volatile("csrr %0, minstreth" : "=r"(high));
        __asm__ volatile("csrr %0, minstret" : "=r"(low));
        __asm__ volatile("csrr %0, minstreth" : "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
#else
    return 0;
#endif
}

void pi_perf_conf(unsigned events)
{
    (void)events;
}

void pi_perf_reset(void)
{
    counted = 0;
    started_at = retired_instructions();
}

void pi_perf_start(void)
{
    counting = 1;
    started_at = retired_instructions();
}

void pi_perf_stop(void)
{
    if (counting)
        counted += retired_instructions() - started_at;
    counting = 0;
}

uint64_t pulp_emulation_instructions(void)
{
    return counting ? counted + (retired_instructions() - started_at) : counted;
}

uint32_t pi_perf_read(int event)
{
    (void)event;
    return (uint32_t)pulp_emulation_instructions();
}

/* ---- The cluster and the program. */
void pi_cluster_conf_init(struct pi_cluster_conf* conf)
{
    memset(conf, 0, sizeof *conf);
}

int32_t pi_cluster_open(struct pi_device* device)
{
    (void)device;
    return 0;
}

int32_t pi_cluster_close(struct pi_device* device)
{
    (void)device;
    return 0;
}

struct pi_cluster_task* pi_cluster_task(struct pi_cluster_task* task, void (*entry)(void*),
                                        void* arg)
{
    memset(task, 0, sizeof *task);
    task->entry = entry;
    task->arg = arg;
    return task;
}

int32_t pi_cluster_send_task_to_cl(struct pi_device* device, struct pi_cluster_task* task)
{
    (void)device;
    task->entry(task->arg);
    pulp_check_awaited();
    return 0;
}

int pmsis_kickoff(void* entry)
{
    void (*start)(void);
    memcpy(&start, &entry, sizeof start); /* C has no conversion from a pointer to data */
    start();
    return 0;
}

void pmsis_exit(int status)
{
    exit(status < 0 || status > 255 ? 255 : status);
}
