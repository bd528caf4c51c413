/* SPDX-License-Identifier: Apache-2.0 */
/* The PULP SDK of pmsis.h on another machine. It is unkind on purpose, so that what only works by
   luck fails here: a transfer fills its destination with garbage when it starts and moves the data
   when it is awaited (with -DPULP_DMA_AT_ONCE: when it starts); each must be awaited once; its
   sides must lie where they should. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "pulp_emulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(PULP_BARE_METAL)
#if NUM_CORES != 1
#error "on bare metal the emulation has one core"
#endif
#endif
#if NUM_CORES > 1
#include <pthread.h>
#endif

#define CONCATENATED_(a, b, c) a##b##c
#define CONCATENATED(a, b, c) CONCATENATED_(a, b, c)
extern const int CONCATENATED(pulp_team_of_, NUM_CORES, _cores);
const int CONCATENATED(pulp_team_of_, NUM_CORES, _cores) = NUM_CORES;

#if defined(PULP_DMA_AT_ONCE)
enum { at_once = 1 };
#else
enum { at_once = 0 };
#endif
enum { garbage = 0xa5, most_transfers = 16, failed_status = 2 };

void pulp_stop(const char* why)
{
    fprintf(stderr, "emulation: %s\n", why);
    exit(failed_status);
}

/* ---- The team. Core 0 is the caller of a fork; the others are threads that wait for one. */
#if NUM_CORES > 1
static pthread_mutex_t team_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t team_changed = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t device_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
    int started, forked, cores, waiting, ended;
    unsigned fork, barrier;
    void (*entry)(void*);
    void* argument;
} team = {0, 0, 1, 0, 0, 0, 0, NULL, NULL};
static __thread int core_id;

static void lock_devices(void)
{
    pthread_mutex_lock(&device_mutex);
}
static void unlock_devices(void)
{
    pthread_mutex_unlock(&device_mutex);
}

/* A core has returned from the forked function; the caller holds the mutex. */
static void end_core(void)
{
    if (team.waiting)
        pulp_stop("a core ended before a barrier at which others wait");
    ++team.ended;
    pthread_cond_broadcast(&team_changed);
}

static void* core_main(void* id)
{
    unsigned seen = 0;
    core_id = *(const int*)id;
    pthread_mutex_lock(&team_mutex);
    for (;;) {
        while (team.fork == seen)
            pthread_cond_wait(&team_changed, &team_mutex);
        seen = team.fork;
        if (core_id >= team.cores)
            continue;
        pthread_mutex_unlock(&team_mutex);
        team.entry(team.argument);
        pthread_mutex_lock(&team_mutex);
        end_core();
    }
    return NULL;
}

static void start_cores(void)
{
    static int ids[NUM_CORES];
    int i;
    for (i = 1; i < NUM_CORES; ++i) {
        pthread_t thread;
        ids[i] = i;
        if (pthread_create(&thread, NULL, core_main, &ids[i]))
            pulp_stop("the system starts no more threads");
        pthread_detach(thread);
    }
    team.started = 1;
}

int pi_core_id(void)
{
    return core_id;
}

void pi_cl_team_barrier(void)
{
    unsigned now;
    pthread_mutex_lock(&team_mutex);
    if (team.forked && team.ended)
        pulp_stop("a core ended before a barrier at which others wait");
    now = team.barrier;
    if (++team.waiting == team.cores) {
        team.waiting = 0;
        ++team.barrier;
        pthread_cond_broadcast(&team_changed);
    } else
        while (team.barrier == now)
            pthread_cond_wait(&team_changed, &team_mutex);
    pthread_mutex_unlock(&team_mutex);
}

void pi_cl_team_fork(int cores, void (*entry)(void*), void* arg)
{
    if (cores < 0 || cores > NUM_CORES)
        pulp_stop("a fork asks for more cores than there are");
    pthread_mutex_lock(&team_mutex);
    if (team.forked)
        pulp_stop("a fork inside a fork");
    if (!team.started)
        start_cores();
    team.cores = cores ? cores : NUM_CORES;
    team.forked = 1;
    team.ended = 0;
    team.entry = entry;
    team.argument = arg;
    ++team.fork;
    pthread_cond_broadcast(&team_changed);
    pthread_mutex_unlock(&team_mutex);
    entry(arg);
    pthread_mutex_lock(&team_mutex);
    end_core();
    while (team.ended < team.cores)
        pthread_cond_wait(&team_changed, &team_mutex);
    team.cores = 1;
    team.forked = 0;
    pthread_mutex_unlock(&team_mutex);
}

pulp_mac_load_registers* pulp_mac_load(void)
{
    static __thread pulp_mac_load_registers registers;
    return &registers;
}
#else
static void lock_devices(void) {}
static void unlock_devices(void) {}

int pi_core_id(void)
{
    return 0;
}

void pi_cl_team_barrier(void) {}

void pi_cl_team_fork(int cores, void (*entry)(void*), void* arg)
{
    static int forked;
    if (cores < 0 || cores > NUM_CORES)
        pulp_stop("a fork asks for more cores than there are");
    if (forked)
        pulp_stop("a fork inside a fork");
    forked = 1;
    entry(arg);
    forked = 0;
}

#if !defined(PULP_BARE_METAL)
pulp_mac_load_registers* pulp_mac_load(void)
{
    static pulp_mac_load_registers registers;
    return &registers;
}
#endif
#endif

/* ---- Memory. */
/* What pi_cl_l1_malloc gives from. */
#ifndef PULP_L1_BYTES
#define PULP_L1_BYTES (256u << 10)
#endif
static PI_L1 char l1_heap[PULP_L1_BYTES] __attribute__((aligned(16)));
static uint32_t l1_used;

void* pi_cl_l1_malloc(struct pi_device* cluster, uint32_t size)
{
    const uint32_t rounded = (size + 15) / 16 * 16;
    char* block = l1_heap + l1_used;
    (void)cluster;
    if (size == 0 || size > PULP_L1_BYTES || rounded > PULP_L1_BYTES - l1_used)
        return NULL;
    l1_used += rounded;
    memset(block, garbage, size);
    return block;
}

#if defined(PULP_L1_SECTION)
/* The linker's names for the section's ends; without any data in L1 they are null. */
extern char __start_pulp_l1[] __attribute__((weak));
extern char __stop_pulp_l1[] __attribute__((weak));

int pulp_touches_l1(const void* data, size_t size)
{
    const char* first = data;
    return first < __stop_pulp_l1 && first + size > __start_pulp_l1;
}
static int lies_in_l1(const void* data, size_t size)
{
    const char* first = data;
    return first >= __start_pulp_l1 && first + size <= __stop_pulp_l1;
}
#else
int pulp_touches_l1(const void* data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}
static int lies_in_l1(const void* data, size_t size)
{
    return data != NULL || size == 0;
}
#endif

/* Transfers on their way, of the DMA and of the external RAM. */
static struct {
    int used;
    const void* request;
    char* to;
    const char* from;
    uint32_t size, to_stride, from_stride, length;
} transfers[most_transfers];

static void check_addresses(void)
{
    if ((uintptr_t)transfers > 0xffffffffu)
        pulp_stop("addresses do not fit 32 bits; link the program with -no-pie");
}

static void move(int id)
{
    const uint32_t lines = transfers[id].size / transfers[id].length;
    uint32_t line;
    for (line = 0; line < lines; ++line)
        memcpy(transfers[id].to + (size_t)line * transfers[id].to_stride,
               transfers[id].from + (size_t)line * transfers[id].from_stride, transfers[id].length);
}

/* What a destination holds until its transfer is awaited. */
static void spoil(int id)
{
    const uint32_t lines = transfers[id].size / transfers[id].length;
    uint32_t line;
    for (line = 0; line < lines; ++line)
        memset(transfers[id].to + (size_t)line * transfers[id].to_stride, garbage,
               transfers[id].length);
}

/* Stops the program where it holds something else by then. */
static void check_spoiled(int id)
{
    const uint32_t lines = transfers[id].size / transfers[id].length;
    uint32_t line, i;
    for (line = 0; line < lines; ++line) {
        const unsigned char* to =
            (unsigned char*)transfers[id].to + (size_t)line * transfers[id].to_stride;
        for (i = 0; i < transfers[id].length; ++i)
            if (to[i] != garbage)
                pulp_stop("something wrote where a transfer is on its way");
    }
}

/* Starts the transfer in the first free slot; returns its number. */
int pulp_start_transfer(const void* request, char* to, uint32_t to_stride, const char* from,
                        uint32_t from_stride, uint32_t size, uint32_t length)
{
    int id = 0;
    lock_devices();
    while (id < most_transfers && transfers[id].used)
        ++id;
    if (id == most_transfers)
        pulp_stop("more than 16 transfers at once");
    transfers[id].used = 1;
    transfers[id].request = request;
    transfers[id].to = to;
    transfers[id].to_stride = to_stride;
    transfers[id].from = from;
    transfers[id].from_stride = from_stride;
    transfers[id].size = size;
    transfers[id].length = length;
    if (at_once)
        move(id);
    else
        spoil(id);
    unlock_devices();
    return id;
}

void pulp_await_transfer(const void* request, int id)
{
    lock_devices();
    if (id < 0 || id >= most_transfers || !transfers[id].used || transfers[id].request != request)
        pulp_stop("a wait for a transfer that is not on its way");
    if (!at_once) {
        check_spoiled(id);
        move(id);
    }
    transfers[id].used = 0;
    unlock_devices();
}

void pulp_check_awaited(void)
{
    int id;
    for (id = 0; id < most_transfers; ++id)
        if (transfers[id].used)
            pulp_stop("a transfer was never awaited");
}

void pulp_emulation_spoil(void* l1, size_t bytes)
{
    pulp_check_awaited();
    memset(l1, garbage, bytes);
}

/* ---- The DMA. */
void pi_cl_dma_cmd_2d(uint32_t ext, uint32_t loc, uint32_t size, uint32_t stride, uint32_t length,
                      pi_cl_dma_dir_e dir, pi_cl_dma_cmd_t* cmd)
{
    char* outside = (char*)(uintptr_t)ext;
    char* inside = (char*)(uintptr_t)loc;
    check_addresses();
    if (size == 0 || length == 0 || size % length != 0)
        pulp_stop("a DMA transfer of no bytes, or not of whole lines");
    if (size > 0xffff)
        pulp_stop("a DMA transfer of more than 65535 bytes");
    if (stride > 0xffff && size != length)
        pulp_stop("a DMA transfer with a stride above 65535 bytes");
    if (!lies_in_l1(inside, size))
        pulp_stop("a DMA transfer whose local side is not in L1");
    if (pulp_touches_l1(outside, (size_t)(size / length - 1) * stride + length))
        pulp_stop("a DMA transfer whose external side is in L1");
    cmd->ext = ext;
    cmd->loc = loc;
    cmd->size = size;
    cmd->stride = stride;
    cmd->length = length;
    cmd->dir = dir;
    cmd->id = dir == PI_CL_DMA_DIR_EXT2LOC
                  ? pulp_start_transfer(cmd, inside, length, outside, stride, size, length)
                  : pulp_start_transfer(cmd, outside, stride, inside, length, size, length);
}

void pi_cl_dma_cmd(uint32_t ext, uint32_t loc, uint32_t size, pi_cl_dma_dir_e dir,
                   pi_cl_dma_cmd_t* cmd)
{
    pi_cl_dma_cmd_2d(ext, loc, size, size, size, dir, cmd);
}

void pi_cl_dma_cmd_wait(pi_cl_dma_cmd_t* cmd)
{
    pulp_await_transfer(cmd, cmd->id);
}
