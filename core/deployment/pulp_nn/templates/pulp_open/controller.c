/* SPDX-License-Identifier: Apache-2.0 */
/* The fabric controller's side: starts the cluster, sends it tasks and sleeps until they have run.
 */
#include "pmsis.h"

#include <stdio.h>

enum {
    task_event = 1, /* of the cluster's event unit */
    cluster_boot = 0x10200040,
    cluster_fetch = 0x10200008,
    cluster_cache = 0x10201400,
    cluster_software_event = 0x10200e00,
    controller_event = 1 << 1,
    controller_mask_set = 0x1a109804,
    controller_status_clear = 0x1a109814,
    program_end = 0x1a1040a0,
    cores = 8,
    default_stack = 0x800,
    default_slave_stack = 0x400
};

struct pi_cluster_task* volatile pulp_task PI_L2 = NULL;
extern char pulp_l1_free[], pulp_l1_end[];
extern void _start(void);
void pulp_serve_devices(void);
static char* l1_heap;

void pi_cluster_conf_init(struct pi_cluster_conf* conf)
{
    conf->id = 0;
    conf->cc_stack_size = 0;
}

int32_t pi_cluster_open(struct pi_device* device)
{
    int core;
    (void)device;
    pulp_write(controller_mask_set, controller_event);
    pulp_write(cluster_cache, 0xffffffffu);
    for (core = 0; core < cores; ++core)
        pulp_write(cluster_boot + 4 * (uint32_t)core, (uint32_t)(uintptr_t)_start);
    pulp_write(cluster_fetch, (1u << cores) - 1);
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
    task->entry = entry;
    task->arg = arg;
    task->stacks = NULL;
    task->stack_size = 0;
    task->slave_stack_size = 0;
    task->nb_cores = cores;
    return task;
}

/* Stacks lie in what the program leaves of L1, as the SDK's allocator puts them. */
static int32_t place_stacks(struct pi_cluster_task* task)
{
    uint32_t all;
    if (task->stacks)
        return 0;
    if (task->stack_size == 0) {
        task->stack_size = default_stack;
        task->slave_stack_size = default_slave_stack;
    }
    if (task->slave_stack_size == 0)
        task->slave_stack_size = task->stack_size;
    all = task->stack_size + task->slave_stack_size * (uint32_t)(task->nb_cores - 1);
    if (all > (uint32_t)(pulp_l1_end - pulp_l1_free)) {
        printf("RUNTIME the cluster's stacks do not fit in L1\n");
        return -1;
    }
    task->stacks = pulp_l1_free;
    l1_heap = pulp_l1_free + all;
    return 0;
}

void* pi_cl_l1_malloc(struct pi_device* cluster, uint32_t bytes)
{
    const uint32_t rounded = (bytes + 15) & ~15u;
    char* block = l1_heap;
    (void)cluster;
    if (rounded > (uint32_t)(pulp_l1_end - l1_heap))
        return NULL;
    l1_heap += rounded;
    return block;
}

int32_t pi_cluster_send_task_to_cl(struct pi_device* device, struct pi_cluster_task* task)
{
    (void)device;
    if (place_stacks(task))
        return -1;
    pulp_task = task;
    pulp_write(cluster_software_event + 4 * task_event, 0);
    while (pulp_task) {
        __asm__ volatile("wfi" ::: "memory");
        pulp_write(controller_status_clear, controller_event);
        pulp_serve_devices();
    }
    return 0;
}

int pmsis_kickoff(void* entry)
{
    ((void (*)(void))(uintptr_t)entry)();
    return 0;
}

void pmsis_exit(int status)
{
    pulp_write(program_end, 0x80000000u | (uint32_t)status);
    for (;;)
        __asm__ volatile("wfi");
}
