/* SPDX-License-Identifier: Apache-2.0 */
#include "transfers.h"

#include "network_sizes.h"

enum {
    most_dma_bytes = 32768, /* of one transfer: the DMA takes less than 64 KiB */
    most_ram_bytes = 32768
};

void dma_wait(dma_queue* queue, int left)
{
    while (queue->count > left) {
        pi_cl_dma_cmd_wait(&queue->commands[queue->first]);
        queue->first = (queue->first + 1) % queue->most;
        --queue->count;
    }
}

static pi_cl_dma_cmd_t* dma_next(dma_queue* queue)
{
    dma_wait(queue, queue->most - 1);
    return &queue->commands[(queue->first + queue->count++) % queue->most];
}

void dma_run(dma_queue* queue, uint32_t ext, uint32_t loc, uint32_t bytes)
{
    while (bytes > 0) {
        const uint32_t piece = bytes < most_dma_bytes ? bytes : most_dma_bytes;
        pi_cl_dma_cmd(ext, loc, piece, queue->direction, dma_next(queue));
        ext += piece;
        loc += piece;
        bytes -= piece;
    }
}

void dma_lines(dma_queue* queue, uint32_t ext, uint32_t loc, uint32_t lines, uint32_t line,
               uint32_t stride)
{
    if (lines == 1 || line == stride) {
        dma_run(queue, ext, loc, lines * line);
    } else if (line > most_dma_bytes || stride > 65535) {
        for (; lines > 0; --lines, ext += stride, loc += line)
            dma_run(queue, ext, loc, line);
    } else {
        const uint32_t most = most_dma_bytes / line;
        while (lines > 0) {
            const uint32_t piece = lines < most ? lines : most;
            pi_cl_dma_cmd_2d(ext, loc, piece * line, stride, line, queue->direction,
                             dma_next(queue));
            ext += piece * stride;
            loc += piece * line;
            lines -= piece;
        }
    }
}

#if NETWORK_L3_BYTES > 0

void ram_wait(ram_queue* queue, int left)
{
    while (queue->count > left) {
        pi_cl_ram_req_t* oldest = &queue->requests[queue->first];
        if (queue->writes)
            pi_cl_ram_write_wait(oldest);
        else
            pi_cl_ram_read_wait(oldest);
        queue->first = (queue->first + 1) % most_requests;
        --queue->count;
    }
}

void ram_run(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes)
{
    while (bytes > 0) {
        const uint32_t piece = bytes < most_ram_bytes ? bytes : most_ram_bytes;
        pi_cl_ram_req_t* request;
        ram_wait(queue, most_requests - 1);
        request = &queue->requests[(queue->first + queue->count++) % most_requests];
        if (queue->writes)
            pi_cl_ram_write(queue->ram, queue->base + address, data, piece, request);
        else
            pi_cl_ram_read(queue->ram, queue->base + address, data, piece, request);
        address += piece;
        data += piece;
        bytes -= piece;
    }
}

#else

/* A network that fits L2 starts no such transfer, and the SDK then links no driver for one. */
void ram_wait(ram_queue* queue, int left)
{
    (void)queue;
    (void)left;
}

void ram_run(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes)
{
    (void)queue;
    (void)address;
    (void)data;
    (void)bytes;
}

#endif

void ram_lines(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t lines, uint32_t line,
               uint32_t stride)
{
    if (lines == 1 || line == stride) {
        ram_run(queue, address, data, lines * line);
        return;
    }
    for (; lines > 0; --lines, address += stride, data += line)
        ram_run(queue, address, data, line);
}
