/* SPDX-License-Identifier: Apache-2.0 */
/* Of the emulated PULP, whose flash is a folder. */
#ifndef PULP_DEVICE_TYPES_H
#define PULP_DEVICE_TYPES_H

#include <stdint.h>

typedef struct {
    uint32_t address, size;
    void* data;
    int id;
} pi_cl_ram_req_t;
typedef struct {
    void* stream;
    uint32_t size, offset;
} pi_fs_file_t;

#endif
