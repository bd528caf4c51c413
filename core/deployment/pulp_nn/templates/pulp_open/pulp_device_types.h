/* SPDX-License-Identifier: Apache-2.0 */
/* Of devices.c, which drives the HyperRAM and the flash. */
#ifndef PULP_DEVICE_TYPES_H
#define PULP_DEVICE_TYPES_H

#include <stdint.h>

typedef struct pi_cl_ram_req_s {
    struct pi_cl_ram_req_s* next;
    uint32_t address, size, stride, length;
    void* data;
    int writes;
    volatile int done;
} pi_cl_ram_req_t;
typedef struct {
    uint32_t offset, end;
} pi_fs_file_t;

#endif
