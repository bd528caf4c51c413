/* SPDX-License-Identifier: Apache-2.0 */
/* The HyperRAM and the flash, which the fabric controller drives through the uDMA: for itself, or
   for the cluster, which leaves a request in a slot and sleeps. The registers are written in the
   order and number of the PULP SDK's driver; what its task queues and interrupt handlers take
   besides is waited for, so that a request takes as long as with them. */
#include "pulp_devices.h"

#include <stdio.h>
#include <string.h>

enum {
    channels = 2, /* transfers under way at once */
    ram_bytes = 8 << 20,
    ram_memory = 0,
    flash_memory = 1,
    udma_clock_gate = 0x1a102000,
    hyper = 0x1a102480,
    hyper_periph = 8,
    hyper_common = hyper + 0x100,
    common_page_bound = 0x00,
    common_latency = 0x04,
    common_added_latency = 0x08,
    common_chip_select_limit = 0x0c,
    common_memory = 0x20,
    common_free_channel = 0x24,
    channel_spacing = 0x80,
    channel_receive = 0x00,
    channel_send = 0x0c,
    channel_command = 0x18,
    channel_address = 0x1c,
    channel_status = 0x24,
    channel_lines = 0x28,
    transfer_enabled = 1 << 4,
    command_read = 5,
    command_write = 1,
    soc_event_masks = 0x1a106004,
    itc = 0x1a109800,
    itc_mask_set = 0x04,
    itc_status_set = 0x10,
    itc_status = 0x0c,
    itc_status_clear = 0x14,
    itc_fifo = 0x24,
    itc_soc_event = 1 << 26,
    request_event = 1 << 1,
    cluster_event = 1 << 1,
    cluster_software_event = 0x10200e04,
    /* Loops of the controller: the SDK takes so much longer. */
    request_delay = 50,
    start_delay = 10,
    completion_delay = 38
};

static pi_cl_ram_req_t* volatile slot PI_L2 = NULL;
static pi_cl_ram_req_t* active[channels];
static pi_cl_ram_req_t *first_waiting, *last_waiting;
static uint32_t ram_used;

static void delay(int loops)
{
    for (; loops > 0; --loops)
        __asm__ volatile("nop\n\tnop");
}

static uint32_t channel_base(int channel)
{
    return hyper + channel_spacing * (uint32_t)channel;
}

/* ---- The controller's side. */
void pi_hyperram_conf_init(struct pi_hyperram_conf* conf)
{
    conf->id = 0;
}

int32_t pi_ram_open(struct pi_device* device)
{
    int word;
    (void)device;
    pulp_write(udma_clock_gate, pulp_read(udma_clock_gate) | 1u << hyper_periph);
    /* A bit that is 0 lets an event through: ends of receiving and sending. */
    for (word = 0; word < 2; ++word)
        pulp_write(soc_event_masks + 4 * (uint32_t)word,
                   pulp_read(soc_event_masks + 4 * (uint32_t)word) & ~(word ? 0xcu : 0xc0000u));
    pulp_write(itc + itc_mask_set, itc_soc_event);
    return 0;
}

void pi_ram_close(struct pi_device* device)
{
    (void)device;
}

int32_t pi_ram_alloc(struct pi_device* device, uint32_t* addr, uint32_t size)
{
    const uint32_t rounded = (size + 3) & ~3u;
    (void)device;
    if (size == 0 || size > ram_bytes || rounded > ram_bytes - ram_used)
        return -1;
    *addr = ram_used;
    ram_used += rounded;
    return 0;
}

int32_t pi_ram_free(struct pi_device* device, uint32_t addr, uint32_t size)
{
    (void)device;
    (void)size;
    ram_used = addr;
    return 0;
}

/* Programs a transfer with a memory (its chip select) on a channel that is free. Which one, we know
   better than the register that tells: it counts those that have ended and not been noticed yet. */
static void start_transfer(const pi_cl_ram_req_t* request, uint32_t memory, int channel)
{
    uint32_t base;
    pulp_write(hyper_common + common_added_latency, 1);
    pulp_write(hyper_common + common_memory, memory);
    pulp_write(hyper_common + common_chip_select_limit, 0xffffffffu);
    pulp_write(hyper_common + common_latency, 6);
    pulp_write(hyper_common + common_page_bound, 3);
    while (pulp_read(hyper_common + common_free_channel) >= channels)
        ;
    base = channel_base(channel);
    pulp_write(base + channel_lines, request->length != 0);
    pulp_write(base + channel_lines + 4, request->length);
    pulp_write(base + channel_lines + 8, request->stride);
    pulp_write(base + channel_lines + 12, 0);
    pulp_write(base + channel_lines + 16, request->length);
    pulp_write(base + channel_lines + 20, request->stride);
    pulp_write(base + channel_command, request->writes ? command_write : command_read);
    pulp_write(base + channel_address, request->address);
    base += request->writes ? channel_send : channel_receive;
    pulp_write(base, (uint32_t)(uintptr_t)request->data);
    pulp_write(base + 4, request->size);
    pulp_write(base + 8, transfer_enabled);
}

static int is_busy(int channel)
{
    return (int)(pulp_read(channel_base(channel) + channel_status) & 1);
}

static void copy_and_wait(uint32_t addr, void* data, uint32_t size, int writes, uint32_t memory)
{
    pi_cl_ram_req_t request = {NULL, addr, size, 0, 0, data, writes, 0};
    start_transfer(&request, memory, 0); /* before any request of the cluster */
    delay(start_delay);
    while (is_busy(0))
        ;
}

void pi_ram_read(struct pi_device* device, uint32_t addr, void* data, uint32_t size)
{
    (void)device;
    copy_and_wait(addr, data, size, 0, ram_memory);
}

void pi_ram_write(struct pi_device* device, uint32_t addr, void* data, uint32_t size)
{
    (void)device;
    copy_and_wait(addr, data, size, 1, ram_memory);
}

/* ---- The flash begins with a table of its files, which ends with an empty name. Ours, not the
   SDK's: bitdial-cli verify writes it. */
struct flash_file {
    char name[24];
    uint32_t offset, size;
};
enum { most_flash_files = 8 };

void pi_hyperflash_conf_init(struct pi_hyperflash_conf* conf)
{
    conf->id = 0;
}

int32_t pi_flash_open(struct pi_device* device)
{
    return pi_ram_open(device);
}

void pi_flash_close(struct pi_device* device)
{
    (void)device;
}

void pi_readfs_conf_init(struct pi_readfs_conf* conf)
{
    conf->fs.flash = NULL;
    conf->fs.partition_name = NULL;
    conf->fs.auto_mount = 0;
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
    static struct flash_file table[most_flash_files] PI_L2;
    static pi_fs_file_t file;
    const size_t length = strlen(name) + 1;
    int i;
    (void)device;
    copy_and_wait(0, table, sizeof table, 0, flash_memory);
    for (i = 0; i < most_flash_files && flags == PI_FS_FLAGS_READ; ++i)
        if (length <= sizeof table[i].name && !memcmp(table[i].name, name, length)) {
            file.offset = table[i].offset;
            file.end = table[i].offset + table[i].size;
            return &file;
        }
    return NULL;
}

int32_t pi_fs_read(pi_fs_file_t* file, void* buffer, uint32_t size)
{
    if (size > file->end - file->offset)
        size = file->end - file->offset;
    if (size == 0)
        return 0;
    copy_and_wait(file->offset, buffer, size, 0, flash_memory);
    file->offset += size;
    return (int32_t)size;
}

void pi_fs_close(pi_fs_file_t* file)
{
    (void)file;
}

/* ---- The cluster's requests. */
static void tell_cluster(void)
{
    pulp_write(cluster_software_event, 0);
}

static int free_channel(void)
{
    int channel = 0;
    while (channel < channels && active[channel])
        ++channel;
    return channel;
}

static void start_waiting(void)
{
    int channel = free_channel();
    for (; first_waiting && channel < channels; channel = free_channel()) {
        pi_cl_ram_req_t* request = first_waiting;
        first_waiting = request->next;
        delay(start_delay);
        active[channel] = request;
        start_transfer(request, ram_memory, channel);
    }
}

static void take_request(void)
{
    pi_cl_ram_req_t* request = slot;
    if (!request)
        return;
    delay(request_delay);
    slot = NULL;
    tell_cluster();
    request->next = NULL;
    if (first_waiting)
        last_waiting->next = request;
    else
        first_waiting = request;
    last_waiting = request;
}

static void end_transfers(void)
{
    int channel;
    for (channel = 0; channel < channels; ++channel) {
        pi_cl_ram_req_t* request = active[channel];
        if (!request || is_busy(channel))
            continue;
        active[channel] = NULL;
        start_waiting();
        delay(completion_delay);
        request->done = 1;
        tell_cluster();
    }
}

/* Called whenever the controller wakes. */
void pulp_serve_devices(void)
{
    uint32_t status = pulp_read(itc + itc_status);
    while (status & itc_soc_event) {
        pulp_write(itc + itc_status_clear, itc_soc_event);
        (void)pulp_read(itc + itc_fifo);
        status = pulp_read(itc + itc_status);
    }
    end_transfers();
    take_request();
    start_waiting();
}

/* ---- The cluster's side. */
static void send_request(pi_cl_ram_req_t* request)
{
    request->done = 0;
    pi_cl_team_critical_enter();
    while (slot) {
        pi_cl_team_critical_exit();
        pulp_event_store(pulp_event_mask_or, cluster_event);
        pulp_event_load(pulp_event_wait_clear);
        pulp_event_store(pulp_event_mask_and, cluster_event);
        pi_cl_team_critical_enter();
    }
    slot = request;
    pulp_write(itc + itc_status_set, request_event);
    pi_cl_team_critical_exit();
}

static void copy_2d(uint32_t addr, void* data, uint32_t size, uint32_t stride, uint32_t length,
                    int writes, pi_cl_ram_req_t* request)
{
    request->address = addr;
    request->data = data;
    request->size = size;
    request->stride = stride;
    request->length = length;
    request->writes = writes;
    send_request(request);
}

void pi_cl_ram_read(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                    pi_cl_ram_req_t* req)
{
    (void)device;
    copy_2d(addr, data, size, 0, 0, 0, req);
}

void pi_cl_ram_write(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                     pi_cl_ram_req_t* req)
{
    (void)device;
    copy_2d(addr, data, size, 0, 0, 1, req);
}

void pi_cl_ram_read_2d(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                       uint32_t stride, uint32_t length, pi_cl_ram_req_t* req)
{
    (void)device;
    copy_2d(addr, data, size, stride, length, 0, req);
}

void pi_cl_ram_write_2d(struct pi_device* device, uint32_t addr, void* data, uint32_t size,
                        uint32_t stride, uint32_t length, pi_cl_ram_req_t* req)
{
    (void)device;
    copy_2d(addr, data, size, stride, length, 1, req);
}

void pi_cl_ram_read_wait(pi_cl_ram_req_t* req)
{
    while (!req->done) {
        pulp_event_store(pulp_event_mask_or, cluster_event);
        pulp_event_load(pulp_event_wait_clear);
        pulp_event_store(pulp_event_mask_and, cluster_event);
    }
}

void pi_cl_ram_write_wait(pi_cl_ram_req_t* req)
{
    pi_cl_ram_read_wait(req);
}
