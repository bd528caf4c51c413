/* SPDX-License-Identifier: Apache-2.0 */
/* The external RAM and the flash, as the PULP SDK's headers in bsp/ declare them; those here
   include this one. What a request and a file are made of is the runtime's own
   (pulp_device_types.h). */
#ifndef PULP_DEVICES_H
#define PULP_DEVICES_H

#include "pmsis.h"

#include "pulp_device_types.h"

/* The external RAM: addresses are its own. */
struct pi_hyperram_conf {
    int id;
};
void pi_hyperram_conf_init(struct pi_hyperram_conf* conf);
int32_t pi_ram_open(struct pi_device* device);
void pi_ram_close(struct pi_device* device);
int32_t pi_ram_alloc(struct pi_device* device, uint32_t* addr, uint32_t size);
int32_t pi_ram_free(struct pi_device* device, uint32_t addr, uint32_t size);
void pi_ram_read(struct pi_device* device, uint32_t addr, void* data, uint32_t size);
void pi_ram_write(struct pi_device* device, uint32_t addr, void* data, uint32_t size);
void pi_cl_ram_read(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                    pi_cl_ram_req_t* req);
void pi_cl_ram_write(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                     pi_cl_ram_req_t* req);
/* Lines of `length` bytes, `stride` bytes apart in the external RAM; `size` in all. */
void pi_cl_ram_read_2d(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                       uint32_t stride, uint32_t length, pi_cl_ram_req_t* req);
void pi_cl_ram_write_2d(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                        uint32_t stride, uint32_t length, pi_cl_ram_req_t* req);
void pi_cl_ram_read_wait(pi_cl_ram_req_t* req);
void pi_cl_ram_write_wait(pi_cl_ram_req_t* req);

/* The read-only file system of the flash. */
struct pi_hyperflash_conf {
    int id;
};
struct pi_fs_conf {
    struct pi_device* flash;
    const char* partition_name;
    int auto_mount;
};
struct pi_readfs_conf {
    struct pi_fs_conf fs;
};
#define PI_FS_FLAGS_READ 0
void pi_hyperflash_conf_init(struct pi_hyperflash_conf* conf);
int32_t pi_flash_open(struct pi_device* device);
void pi_flash_close(struct pi_device* device);
void pi_readfs_conf_init(struct pi_readfs_conf* conf);
int32_t pi_fs_mount(struct pi_device* device);
void pi_fs_unmount(struct pi_device* device);
pi_fs_file_t* pi_fs_open(struct pi_device* device, const char* name, int flags);
int32_t pi_fs_read(pi_fs_file_t* file, void* buffer, uint32_t size);
void pi_fs_close(pi_fs_file_t* file);

#endif
