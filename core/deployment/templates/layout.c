/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <string.h>

void layout_to_planes(const uint8_t* in, uint8_t* out, layout_map map)
{
    const size_t height = (size_t)(map.top + map.height + map.bottom);
    const size_t width = (size_t)(map.left + map.width + map.right);
    const size_t pixel = (size_t)map.pixel_bytes;
    int y, x;
    size_t b;
    memset(out, map.fill, height * width * pixel);
    for (y = 0; y < map.height; ++y)
        for (x = 0; x < map.width; ++x)
            for (b = 0; b < pixel; ++b)
                out[(b * height + (size_t)(y + map.top)) * width + (size_t)(x + map.left)] =
                    in[((size_t)y * (size_t)map.width + (size_t)x) * pixel + b];
}

void layout_copy(const uint8_t* in, uint8_t* out, layout_map map)
{
    const size_t height = (size_t)(map.top + map.height + map.bottom);
    const size_t pixel = (size_t)map.pixel_bytes;
    const size_t in_row = (size_t)map.width * pixel;
    const size_t out_row = (size_t)(map.left + map.width + map.right) * pixel;
    int y;
    memset(out, map.fill, height * out_row);
    for (y = 0; y < map.height; ++y)
        memcpy(out + (size_t)(y + map.top) * out_row + (size_t)map.left * pixel,
               in + (size_t)y * in_row, in_row);
}
