/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the PULP SDK's pmsis.h that an exported project calls, emulated: the cluster's team
   of cores as threads, its DMA and its counters. Memories outside are in bsp/, as they are there.
   Names and meaning are the SDK's; pulp_emulation.c says what is stricter here. Compile with
   -DNUM_CORES=N (a power of two, the same in every file of the program) and link with -no-pie: DMA
   addresses are 32 bits wide. */
#ifndef HOST_PMSIS_H
#define HOST_PMSIS_H

#include <stddef.h>
#include <stdint.h>

#ifndef NUM_CORES
#define NUM_CORES 1
#endif
#if NUM_CORES < 1 || NUM_CORES > 64 || (NUM_CORES & (NUM_CORES - 1))
#error "NUM_CORES must be a power of two from 1 to 64"
#endif

/* Where data lies. What is in L1 has a section of its own, so that the DMA's sides can be checked;
   the address sanitizer watches only data without one. */
#define PI_L2
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PULP_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define PULP_SANITIZED
#endif
#if defined(__ELF__) && !defined(__riscv) && !defined(PULP_SANITIZED)
#define PULP_L1_SECTION
#define PI_L1 __attribute__((section("pulp_l1")))
#else
#define PI_L1
#endif

/* The team. */
int pi_core_id(void);
void pi_cl_team_barrier(void);
/* Runs entry(arg) on cores 0 to cores-1 (0: all) and returns when all have ended. */
void pi_cl_team_fork(int cores, void (*entry)(void*), void* arg);

/* The DMA between L1 (loc) and outside (ext). */
typedef enum { PI_CL_DMA_DIR_LOC2EXT = 0, PI_CL_DMA_DIR_EXT2LOC = 1 } pi_cl_dma_dir_e;
typedef struct {
    uint32_t ext, loc, size;
    uint32_t stride, length; /* in the external memory; equal for a plain transfer */
    pi_cl_dma_dir_e dir;
    int id;
} pi_cl_dma_cmd_t;
void pi_cl_dma_cmd(uint32_t ext, uint32_t loc, uint32_t size, pi_cl_dma_dir_e dir,
                   pi_cl_dma_cmd_t* cmd);
/* Lines of `length` bytes, `stride` bytes apart outside and dense in L1; `size` in all. */
void pi_cl_dma_cmd_2d(uint32_t ext, uint32_t loc, uint32_t size, uint32_t stride, uint32_t length,
                      pi_cl_dma_dir_e dir, pi_cl_dma_cmd_t* cmd);
void pi_cl_dma_cmd_wait(pi_cl_dma_cmd_t* cmd);

/* Devices. */
struct pi_device {
    void* config;
    void* data;
};
void pi_open_from_conf(struct pi_device* device, void* conf);

/* Memory in L1 that nothing else has, or NULL. */
void* pi_cl_l1_malloc(struct pi_device* cluster, uint32_t size);

/* Counters: retired instructions on RISC-V, else 0. */
enum { PI_PERF_CYCLES = 0 };
void pi_perf_conf(unsigned events);
void pi_perf_reset(void);
void pi_perf_start(void);
void pi_perf_stop(void);
uint32_t pi_perf_read(int event);

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
void pmsis_exit(int status);

/* Not in the SDK. Fills bytes of L1 with garbage, which nothing may rely on after a layer, and
   stops the program if a transfer was never awaited. */
void pulp_emulation_spoil(void* l1, size_t bytes);
/* What pi_perf_read gives the low 32 bits of. */
uint64_t pulp_emulation_instructions(void);

#if !defined(__riscv)
#include "pulp_builtins.h"
#endif

#endif
