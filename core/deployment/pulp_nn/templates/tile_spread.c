/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_spread.h"

/* The kernel library's header says how to pack four bytes into a word in two instructions. */
#ifdef __has_include
#if __has_include("pulp_nn_utils.h")
#include "pulp_nn_utils.h"
#define HAS_PACK
#endif
#endif

static uint8_t* filled(uint8_t* to, int fill, uint32_t bytes)
{
    for (; bytes > 0; --bytes)
        *to++ = (uint8_t)fill;
    return to;
}

/* Copies every `step`-th byte. Four are under way at once: a byte is not there in the cycle after
   its load. */
static uint8_t* gathered(uint8_t* to, const uint8_t* from, uint32_t bytes, uint32_t step)
{
    uint32_t fours;
    for (fours = bytes >> 2; fours > 0; --fours) {
        const uint8_t a = *from;
        const uint8_t b = *(from += step);
        const uint8_t c = *(from += step);
        const uint8_t d = *(from += step);
        from += step;
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
        to += 4;
    }
    for (bytes &= 3; bytes > 0; --bytes, from += step)
        *to++ = *from;
    return to;
}

/* Rows of `bytes` each, `step` apart in a row, with what lies around them: `before` a row and
   `above` the first one; rows of the result have `width` bytes. */
static void spread_rows(int fill, const tile_shape* s, const uint8_t* from, uint32_t step,
                        uint8_t* to, uint32_t pixel)
{
    const uint32_t width = s->width * pixel, before = s->before * pixel;
    const uint32_t bytes = s->columns * pixel, after = width - before - bytes;
    uint32_t row;
    to = filled(to, fill, s->above * width);
    if (width == bytes) {
        to = gathered(to, from, s->rows * bytes, step);
    } else {
        for (row = s->rows; row > 0; --row) {
            to = gathered(filled(to, fill, before), from, bytes, step);
            to = filled(to, fill, after);
            from += bytes * step;
        }
    }
    filled(to, fill, (uint32_t)(s->height - s->above - s->rows) * width);
}

#ifdef HAS_PACK
#define PUT(to, a, b, c, d) (*(v4s*)(to) = pack((int8_t)(a), (int8_t)(b), (int8_t)(c), (int8_t)(d)))
#else
#define PUT(to, a, b, c, d) (*(to) = ((a)&255u) | ((b)&255u) << 8 | ((c)&255u) << 16 | (d) << 24)
#endif

/* Four bytes of each of four pixels to a word of each of four planes, `plane` words apart. */
#define PUT_QUAD(first, second, third, fourth, a, b, c, d)                                         \
    do {                                                                                           \
        PUT(first, a, b, c, d);                                                                    \
        a >>= 8, b >>= 8, c >>= 8, d >>= 8;                                                        \
        PUT(second, a, b, c, d);                                                                   \
        a >>= 8, b >>= 8, c >>= 8, d >>= 8;                                                        \
        PUT(third, a, b, c, d);                                                                    \
        a >>= 8, b >>= 8, c >>= 8, d >>= 8;                                                        \
        PUT(fourth, a, b, c, d);                                                                   \
    } while (0)

/* Rows of four planes: `pixels` of each, then `filling`. */
static void spread_words(uint32_t filling, const tile_shape* s, uint32_t rows, uint32_t pixels,
                         const uint32_t* from, uint32_t step, uint32_t* to, uint32_t plane)
{
    const uint32_t behind = pixels & 3u;
    const uint32_t border = (uint32_t)(s->width >> 2) - ((s->columns + 3u) >> 2);
    uint32_t quads;
    uint32_t *second = to + plane, *third = second + plane, *fourth = third + plane;
    for (; rows > 0; --rows) {
        for (quads = pixels >> 2; quads > 0; --quads) {
            uint32_t a = *from;
            uint32_t b = *(from += step);
            uint32_t c = *(from += step);
            uint32_t d = *(from += step);
            from += step;
            PUT_QUAD(to, second, third, fourth, a, b, c, d);
            ++to, ++second, ++third, ++fourth;
        }
        if (behind) {
            uint32_t a = *from, b = filling, c = filling, d = filling;
            from += step;
            if (behind > 1) {
                b = *from;
                from += step;
            }
            if (behind > 2) {
                c = *from;
                from += step;
            }
            PUT_QUAD(to, second, third, fourth, a, b, c, d);
            ++to, ++second, ++third, ++fourth;
        }
        for (quads = border; quads > 0; --quads)
            *to++ = *second++ = *third++ = *fourth++ = filling;
    }
}

/* All planes in groups of four, each in so many parts that the cores get equally many. */
static void spread_all_words(int fill, const tile_shape* s, const uint32_t* from, uint32_t* to)
{
    const uint32_t words = s->pixel_bytes >> 2, width = s->width >> 2,
                   core = (uint32_t)pi_core_id();
    const uint32_t plane = width * s->height;
    uint32_t shift = 0, rows, begin, pixels = s->columns, word;
    while ((1u << shift) < NUM_CORES && (words << shift) % NUM_CORES)
        ++shift;
    rows = (s->rows + (1u << shift) - 1u) >> shift;
    begin = (core & ((1u << shift) - 1u)) * rows;
    if (begin >= s->rows)
        return;
    if (rows > s->rows - begin)
        rows = s->rows - begin;
    from += begin * s->columns * words;
    to += begin * width;
    if (s->width == s->columns) {
        pixels *= rows;
        rows = 1;
    }
    for (word = core >> shift; word < words; word += NUM_CORES >> shift)
        spread_words((uint32_t)fill * 0x01010101u, s, rows, pixels, from + word, words,
                     to + 4 * word * plane, plane);
}

void tile_spread(int kind, int fill, const tile_shape* shape, const uint8_t* from, uint8_t* to)
{
    const uint32_t core = (uint32_t)pi_core_id();
    const uint32_t plane = (uint32_t)shape->width * shape->height;
    uint32_t i;
    if (kind == spread_planes && (shape->pixel_bytes & 3) == 0 && shape->before == 0 &&
        shape->rows == shape->height) {
        spread_all_words(fill, shape, (const uint32_t*)from, (uint32_t*)to);
    } else if (kind == spread_planes) {
        for (i = core; i < shape->pixel_bytes; i += NUM_CORES)
            spread_rows(fill, shape, from + i, shape->pixel_bytes, to + i * plane, 1);
    } else if (core == 0) {
        spread_rows(fill, shape, from, 1, to, shape->pixel_bytes);
    }
}
