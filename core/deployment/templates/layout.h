/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between layouts that the kernels expect. Each is for one core. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* A map of `height` x `width` pixels of `pixel_bytes` bytes, and columns or rows to put around. */
typedef struct {
    int height, width, pixel_bytes;
    int top, left, bottom, right;
    int fill; /* the byte in them */
} layout_map;

/* H,W,C to planes: byte b of each pixel goes to plane b (the depthwise kernels' input). */
void layout_to_planes(const uint8_t* in, uint8_t* out, layout_map map);
/* A copy in H,W,C with columns and rows around it. */
void layout_copy(const uint8_t* in, uint8_t* out, layout_map map);

#endif
