/* SPDX-License-Identifier: Apache-2.0 */
#include "transfers.h"

enum { most_dma_bytes = 65532 }; /* of one transfer, whole words: sizes have 16 bits */

void dma_wait(dma_list* list)
{
    while (list->count > 0)
        pi_cl_dma_cmd_wait(&list->commands[--list->count]);
}

static pi_cl_dma_cmd_t* dma_next(dma_list* list)
{
    if (list->count == most_commands)
        dma_wait(list);
    return &list->commands[list->count++];
}

void dma_move(dma_list* list, uint32_t ext, uint32_t loc, const tile_move* move,
              pi_cl_dma_dir_e direction)
{
    uint32_t bytes = move->bytes;
    int left = move->repeat;
    while (bytes > 0) {
        pi_cl_dma_cmd_t* command = dma_next(list);
        if (move->line)
            pi_cl_dma_cmd_2d(ext, loc, bytes, move->stride, move->line, direction, command);
        else
            pi_cl_dma_cmd(ext, loc, bytes, direction, command);
        ext += move->step;
        loc += bytes;
        if (--left <= 0)
            bytes = left == 0 ? move->rest : 0;
    }
}

void dma_run(dma_list* list, uint32_t ext, uint32_t loc, uint32_t bytes, pi_cl_dma_dir_e direction)
{
    while (bytes > 0) {
        const uint32_t piece = bytes < most_dma_bytes ? bytes : (uint32_t)most_dma_bytes;
        pi_cl_dma_cmd(ext, loc, piece, direction, dma_next(list));
        ext += piece;
        loc += piece;
        bytes -= piece;
    }
}

#if NETWORK_L3_BYTES > 0

void ram_wait(ram_queue* queue, unsigned left)
{
    while (queue->count > left) {
        pi_cl_ram_req_t* oldest = &queue->requests[queue->first];
        if (queue->writes)
            pi_cl_ram_write_wait(oldest);
        else
            pi_cl_ram_read_wait(oldest);
        queue->first = (queue->first + 1u) % most_requests;
        --queue->count;
    }
}

static pi_cl_ram_req_t* ram_next(ram_queue* queue)
{
    ram_wait(queue, most_requests - 1);
    return &queue->requests[(queue->first + queue->count++) % most_requests];
}

void ram_run(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes)
{
    while (bytes > 0) {
        const uint32_t piece = bytes < most_ram_bytes ? bytes : (uint32_t)most_ram_bytes;
        pi_cl_ram_req_t* request = ram_next(queue);
        if (queue->writes)
            pi_cl_ram_write(queue->ram, queue->base + address, data, piece, request);
        else
            pi_cl_ram_read(queue->ram, queue->base + address, data, piece, request);
        address += piece;
        data += piece;
        bytes -= piece;
    }
}

static void ram_lines(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes,
                      const tile_move* move)
{
    pi_cl_ram_req_t* request = ram_next(queue);
    if (queue->writes)
        pi_cl_ram_write_2d(queue->ram, queue->base + address, data, bytes, move->stride, move->line,
                           request);
    else
        pi_cl_ram_read_2d(queue->ram, queue->base + address, data, bytes, move->stride, move->line,
                          request);
}

void ram_move(ram_queue* queue, uint32_t address, uint8_t* data, const tile_move* move)
{
    uint32_t bytes = move->bytes;
    int left = move->repeat;
    while (bytes > 0) {
        if (move->line)
            ram_lines(queue, address, data, bytes, move);
        else
            ram_run(queue, address, data, bytes);
        address += move->step;
        data += bytes;
        if (--left <= 0)
            bytes = left == 0 ? move->rest : 0;
    }
}

#else

/* A network that fits L2 starts no such transfer, and the SDK then links no driver for one. */
void ram_wait(ram_queue* queue, unsigned left)
{
    (void)queue;
    (void)left;
}

void ram_move(ram_queue* queue, uint32_t address, uint8_t* data, const tile_move* move)
{
    (void)queue;
    (void)address;
    (void)data;
    (void)move;
}

void ram_run(ram_queue* queue, uint32_t address, uint8_t* data, uint32_t bytes)
{
    (void)queue;
    (void)address;
    (void)data;
    (void)bytes;
}

#endif
