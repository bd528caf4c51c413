/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the PULP SDK's pmsis.h that an exported project calls, for a pulp-open whose software
   is this runtime alone. Names and meaning are the SDK's, and so are the registers in order and
   number: a program takes the cycles here that it takes with the SDK (pulp-sdk d4b5bcdd). */
#ifndef PULP_OPEN_PMSIS_H
#define PULP_OPEN_PMSIS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#include "xpulp_builtins.h"
#else /* PULP's GCC has them */
typedef signed char v4s __attribute__((vector_size(4)));
typedef unsigned char v4u __attribute__((vector_size(4)));
#define bitext_u(value, size, offset) __builtin_pulp_bextractu(value, size, offset)
#endif

#ifndef NUM_CORES
#define NUM_CORES 8
#endif

#define PI_L2 __attribute__((section(".l2_data")))
#define PI_L1 __attribute__((section(".bss_l1")))

/* Registers. Event unit and DMA are those of the own cluster. */
enum {
    pulp_event_unit = 0x10204000,
    pulp_event_mask_and = 0x04,
    pulp_event_mask_or = 0x08,
    pulp_event_wait_clear = 0x3c,
    pulp_dispatch_fifo = 0x80,
    pulp_dispatch_team = 0x84,
    pulp_mutex = 0xc0,
    pulp_barrier = 0x200,
    pulp_barrier_target = 0x20c,
    pulp_barrier_wait_clear = 0x21c,
    pulp_dma = 0x10201800,
    pulp_dma_event = 1 << 8,
    pulp_timer = 0x10200400
};

static inline uint32_t pulp_read(uint32_t address)
{
    return *(volatile uint32_t*)(uintptr_t)address;
}
static inline void pulp_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t*)(uintptr_t)address = value;
}

/* A load that the core sleeps in until the event unit answers: p.elw. */
#if defined(__clang__)
#define PULP_EVENT_LOAD ".insn i 0x03, 6, %0, %1, %2"
#else
#define PULP_EVENT_LOAD "p.elw %0, %2(%1)"
#endif
#define pulp_event_load(offset)                                                                    \
    (__extension__({                                                                               \
        uint32_t pulp_loaded_;                                                                     \
        __asm__ volatile(PULP_EVENT_LOAD                                                           \
                         : "=r"(pulp_loaded_)                                                      \
                         : "r"(pulp_event_unit), "i"(offset)                                       \
                         : "memory");                                                              \
        pulp_loaded_;                                                                              \
    }))
static inline void pulp_event_store(uint32_t offset, uint32_t value)
{
    pulp_write(pulp_event_unit + offset, value);
}

/* The team. */
static inline int pi_core_id(void)
{
    int id;
    __asm__("csrr %0, 0xf14" : "=r"(id));
    return id & 0x1f;
}
static inline void pi_cl_team_barrier(void)
{
    pulp_event_load(pulp_barrier_wait_clear);
}
static inline void pi_cl_team_prepare_fork(int cores)
{
    const uint32_t mask = (1u << cores) - 1;
    pulp_event_store(pulp_dispatch_team, mask);
    pulp_event_store(pulp_barrier, mask);
    pulp_event_store(pulp_barrier_target, mask);
}
static inline void pi_cl_team_fork(int cores, void (*entry)(void*), void* argument)
{
    if (cores)
        pi_cl_team_prepare_fork(cores);
    pulp_event_store(pulp_dispatch_fifo, (uint32_t)(uintptr_t)entry);
    pulp_event_store(pulp_dispatch_fifo, (uint32_t)(uintptr_t)argument);
    entry(argument);
    pi_cl_team_barrier();
}
static inline int pi_cl_cluster_nb_pe_cores(void)
{
    return 8;
}
static inline void pi_cl_team_critical_enter(void)
{
    pulp_event_load(pulp_mutex);
}
static inline void pi_cl_team_critical_exit(void)
{
    pulp_event_store(pulp_mutex, 0);
    __asm__ volatile("" ::: "memory");
}

struct pi_device;

/* The DMA between L1 (loc) and outside (ext). */
typedef enum { PI_CL_DMA_DIR_LOC2EXT = 0, PI_CL_DMA_DIR_EXT2LOC = 1 } pi_cl_dma_dir_e;
typedef struct pi_cl_dma_cmd_s {
    int id;
    struct pi_cl_dma_cmd_s* next;
} pi_cl_dma_cmd_t;

static inline uint32_t pulp_dma_command(uint32_t size, pi_cl_dma_dir_e direction, int lines)
{
    enum { increment = 1 << 18, event = 1 << 20, to_all = 1 << 22 };
    return size | (uint32_t)direction << 17 | (uint32_t)lines << 19 | increment | event | to_all;
}
static inline void pi_cl_dma_cmd(uint32_t ext, uint32_t loc, uint32_t size, pi_cl_dma_dir_e dir,
                                 pi_cl_dma_cmd_t* cmd)
{
    int id;
    pi_cl_team_critical_enter();
    id = (int)pulp_read(pulp_dma);
    __asm__ volatile("" ::: "memory");
    pulp_write(pulp_dma, pulp_dma_command((uint16_t)size, dir, 0));
    pulp_write(pulp_dma, loc);
    pulp_write(pulp_dma, ext);
    cmd->id = id;
    pi_cl_team_critical_exit();
}
static inline void pi_cl_dma_cmd_2d(uint32_t ext, uint32_t loc, uint32_t size, uint32_t stride,
                                    uint32_t length, pi_cl_dma_dir_e dir, pi_cl_dma_cmd_t* cmd)
{
    int id;
    pi_cl_team_critical_enter();
    id = (int)pulp_read(pulp_dma);
    __asm__ volatile("" ::: "memory");
    pulp_write(pulp_dma, pulp_dma_command(size, dir, 1));
    pulp_write(pulp_dma, loc);
    pulp_write(pulp_dma, ext);
    pulp_write(pulp_dma, (uint16_t)length);
    pulp_write(pulp_dma, stride);
    cmd->id = id;
    pi_cl_team_critical_exit();
}
static inline void pi_cl_dma_cmd_wait(pi_cl_dma_cmd_t* cmd)
{
    const uint32_t bit = 1u << cmd->id;
    pi_cl_team_critical_enter();
    while (pulp_read(pulp_dma + 4) & bit) {
        pi_cl_team_critical_exit();
        pulp_event_store(pulp_event_mask_or, pulp_dma_event);
        pulp_event_load(pulp_event_wait_clear);
        pulp_event_store(pulp_event_mask_and, pulp_dma_event);
        pi_cl_team_critical_enter();
    }
    pulp_write(pulp_dma + 4, bit);
    pi_cl_team_critical_exit();
}

/* Memory behind the stacks in L1, or NULL. */
void* pi_cl_l1_malloc(struct pi_device* cluster, uint32_t bytes);

/* The cluster's cycle counter. */
enum { PI_PERF_CYCLES = 0 };
static inline void pi_perf_conf(unsigned events)
{
    (void)events;
}
static inline void pi_perf_reset(void)
{
    pulp_write(pulp_timer + 0x20, 1);
}
static inline void pi_perf_start(void)
{
    pulp_write(pulp_timer + 0x18, 1);
}
static inline void pi_perf_stop(void)
{
    pulp_write(pulp_timer, 0);
}
static inline uint32_t pi_perf_read(int event)
{
    (void)event;
    return pulp_read(pulp_timer + 8);
}

/* Devices. */
struct pi_device {
    void* config;
    void* data;
};
static inline void pi_open_from_conf(struct pi_device* device, void* conf)
{
    device->config = conf;
    device->data = NULL;
}

/* The cluster and the program. */
struct pi_cluster_conf {
    int id;
    uint32_t cc_stack_size;
};
struct pi_cluster_task {
    void (*entry)(void*);
    void* arg;
    void* stacks;
    uint32_t stack_size, slave_stack_size;
    int nb_cores;
};
void pi_cluster_conf_init(struct pi_cluster_conf* conf);
int32_t pi_cluster_open(struct pi_device* device);
int32_t pi_cluster_close(struct pi_device* device);
struct pi_cluster_task* pi_cluster_task(struct pi_cluster_task* task, void (*entry)(void*),
                                        void* arg);
int32_t pi_cluster_send_task_to_cl(struct pi_device* device, struct pi_cluster_task* task);
int pmsis_kickoff(void* entry);
void pmsis_exit(int status) __attribute__((noreturn));

#endif
