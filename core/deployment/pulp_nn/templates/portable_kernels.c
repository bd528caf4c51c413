/* SPDX-License-Identifier: Apache-2.0 */
#include "portable_kernels.h"

#include "pmsis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void* allocate(size_t bytes)
{
    void* memory = malloc(bytes ? bytes : 1);
    if (!memory) {
        fprintf(stderr, "portable kernels: out of memory (%lu bytes)\n", (unsigned long)bytes);
        exit(2);
    }
    return memory;
}

void portable_require(int condition, const char* kernel, const char* rule)
{
    if (condition)
        return;
    fprintf(stderr, "%s: called outside what the library computes correctly: %s\n", kernel, rule);
    exit(2);
}

void portable_spoil(void* scratch, size_t bytes)
{
#if defined(PULP_BARE_METAL)
    (void)scratch; /* instructions are counted there */
    (void)bytes;
#else
    memset((char*)scratch + (size_t)pi_core_id() * bytes, 0x5a, bytes);
#endif
}

/* Element `index` of a packed array. */
static int load(const uint8_t* packed, size_t index, portable_type type)
{
    const size_t bit = index * (size_t)type.bits;
    const int mask = (1 << type.bits) - 1;
    const int value = (packed[bit / 8] >> (bit % 8)) & mask;
    return type.is_signed && value > mask / 2 ? value - mask - 1 : value;
}

static void store(uint8_t* packed, size_t index, portable_type type, int value)
{
    const size_t bit = index * (size_t)type.bits;
    const unsigned mask = ((1u << type.bits) - 1u) << (bit % 8);
    const unsigned kept = packed[bit / 8] & ~mask;
    packed[bit / 8] = (uint8_t)(kept | (((unsigned)value << (bit % 8)) & mask));
}

static void unpack(const uint8_t* packed, size_t first, size_t count, portable_type type,
                   int16_t* values)
{
    size_t i;
    for (i = 0; i < count; ++i)
        values[i] = (int16_t)load(packed, first + i, type);
}

static int clip(int32_t value, portable_type type)
{
    const int high = type.is_signed ? (1 << (type.bits - 1)) - 1 : (1 << type.bits) - 1;
    const int low = type.is_signed ? -high - 1 : 0;
    return value < low ? low : value > high ? high : (int)value;
}

/* (value * mul + add) >> shift in 32 bits that wrap; the shift rounds down. */
static int32_t scale(int32_t value, int32_t mul, int32_t add, int shift)
{
    const uint32_t sum = (uint32_t)value * (uint32_t)mul + (uint32_t)add;
    const uint32_t sign = sum >> 31 ? ~(0xffffffffu >> shift) : 0u;
    return (int32_t)((sum >> shift) | sign);
}

static int requantize(int32_t sum, portable_requantization r, int channel, portable_type type)
{
    return clip(scale(sum, r.kappa[channel], r.lambda[channel], r.shift), type);
}

static int32_t dot(const int16_t* a, const int16_t* b, size_t length)
{
    int32_t sum = 0;
    size_t i;
    for (i = 0; i < length; ++i)
        sum += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}

/* What of a kernel's work one core does: items first to end-1. */
typedef struct {
    size_t first, end;
} slice;

/* Equal parts of whole groups, so that no two cores write to one byte. */
static slice own_slice(size_t items, size_t group)
{
    const size_t groups = (items + group - 1) / group;
    const size_t part = (groups + NUM_CORES - 1) / NUM_CORES * group;
    slice own;
    own.first = (size_t)pi_core_id() * part;
    own.end = own.first + part < items ? own.first + part : items;
    if (own.first > items)
        own.first = items;
    return own;
}

/* The window of one output pixel as a row kH,kW,C; what lies outside the map is 0. */
static void gather(const uint8_t* map, portable_type type, portable_geometry g, size_t pixel,
                   int16_t* row)
{
    const size_t channels = (size_t)g.in_channels;
    const int top = (int)(pixel / (size_t)g.out_x) * g.stride_y - g.pad_top;
    const int left = (int)(pixel % (size_t)g.out_x) * g.stride_x - g.pad_left;
    int ky, kx;
    for (ky = 0; ky < g.kernel_y; ++ky)
        for (kx = 0; kx < g.kernel_x; ++kx, row += channels) {
            const int y = top + ky;
            const int x = left + kx;
            if (y < 0 || x < 0 || y >= g.in_y || x >= g.in_x)
                memset(row, 0, channels * sizeof *row);
            else
                unpack(map, ((size_t)y * (size_t)g.in_x + (size_t)x) * channels, channels, type,
                       row);
        }
}

static void conv_slice(const void* in, portable_type in_type, const void* weights,
                       portable_type weight_type, void* out, portable_type out_type,
                       portable_requantization requantization, portable_geometry g, slice pixels,
                       slice channels)
{
    const size_t length = (size_t)g.kernel_x * (size_t)g.kernel_y * (size_t)g.in_channels;
    const size_t count = (channels.end - channels.first) * length;
    int16_t* filters = allocate(count * sizeof *filters);
    int16_t* row = allocate(length * sizeof *row);
    size_t pixel, c;
    unpack(weights, channels.first * length, count, weight_type, filters);
    for (pixel = pixels.first; pixel < pixels.end; ++pixel) {
        gather(in, in_type, g, pixel, row);
        for (c = channels.first; c < channels.end; ++c) {
            const int32_t sum = dot(row, filters + (c - channels.first) * length, length);
            store(out, pixel * (size_t)g.out_channels + c, out_type,
                  requantize(sum, requantization, (int)c, out_type));
        }
    }
    free(row);
    free(filters);
}

/* The cores share the pixels or, of few pixels, the channels: four of 2 bits are a byte. */
void portable_conv(const void* in, portable_type in_type, const void* weights, int weight_bits,
                   void* out, portable_type out_type, portable_requantization requantization,
                   portable_geometry g)
{
    const portable_type weight_type = {weight_bits, 1};
    slice pixels, channels;
    pixels.first = channels.first = 0;
    pixels.end = (size_t)g.out_x * (size_t)g.out_y;
    channels.end = (size_t)g.out_channels;
    if (pixels.end >= NUM_CORES)
        pixels = own_slice(pixels.end, 1);
    else
        channels = own_slice(channels.end, 4);
    if (pixels.first < pixels.end && channels.first < channels.end)
        conv_slice(in, in_type, weights, weight_type, out, out_type, requantization, g, pixels,
                   channels);
    pi_cl_team_barrier();
}

/* One channel's window of one output pixel. Both the map and the weights are planes of bytes, each
   byte with the same position of 8 / bits consecutive channels. */
static int32_t depthwise_sum(const uint8_t* in, portable_type in_type, const uint8_t* weights,
                             portable_type weight_type, portable_geometry g, int channel, int out_y,
                             int out_x)
{
    const int in_group = 8 / in_type.bits;
    const int weight_group = 8 / weight_type.bits;
    const size_t plane = (size_t)(channel / in_group) * (size_t)g.in_x * (size_t)g.in_y;
    const size_t taps = (size_t)(channel / weight_group) * (size_t)(g.kernel_x * g.kernel_y);
    int32_t sum = 0;
    int ky, kx;
    for (ky = 0; ky < g.kernel_y; ++ky)
        for (kx = 0; kx < g.kernel_x; ++kx) {
            const int y = out_y * g.stride_y - g.pad_top + ky;
            const int x = out_x * g.stride_x - g.pad_left + kx;
            if (y < 0 || x < 0 || y >= g.in_y || x >= g.in_x)
                continue;
            sum +=
                load(in + plane + (size_t)(y * g.in_x + x), (size_t)(channel % in_group), in_type) *
                load(weights + taps + (size_t)(ky * g.kernel_x + kx),
                     (size_t)(channel % weight_group), weight_type);
        }
    return sum;
}

void portable_depthwise(const void* in, portable_type in_type, const void* weights, int weight_bits,
                        void* out, portable_type out_type, portable_requantization requantization,
                        portable_geometry g)
{
    const portable_type weight_type = {weight_bits, 1};
    const slice rows = own_slice((size_t)g.out_y, 1);
    size_t at = rows.first * (size_t)g.out_x * (size_t)g.out_channels;
    int y, x, c;
    for (y = (int)rows.first; y < (int)rows.end; ++y)
        for (x = 0; x < g.out_x; ++x)
            for (c = 0; c < g.out_channels; ++c) {
                const int32_t sum = depthwise_sum(in, in_type, weights, weight_type, g, c, y, x);
                store(out, at++, out_type, requantize(sum, requantization, c, out_type));
            }
    pi_cl_team_barrier();
}

void portable_linear_32(const void* in, portable_type in_type, const void* weights, int weight_bits,
                        const void* bias, void* out, int inputs, int neurons)
{
    const portable_type weight_type = {weight_bits, 1};
    const size_t length = (size_t)inputs;
    const slice own = own_slice((size_t)neurons, 1);
    int16_t* vector = allocate(length * sizeof *vector);
    int16_t* filter = allocate(length * sizeof *filter);
    size_t n;
    unpack(in, 0, length, in_type, vector);
    for (n = own.first; n < own.end; ++n) {
        int32_t start = 0;
        int32_t sum;
        if (bias)
            memcpy(&start, (const uint8_t*)bias + n * sizeof start, sizeof start);
        unpack(weights, n * length, length, weight_type, filter);
        sum = (int32_t)((uint32_t)start + (uint32_t)dot(vector, filter, length));
        memcpy((uint8_t*)out + n * sizeof sum, &sum, sizeof sum);
    }
    /* The library's kernel works on pairs: where the last slice is shorter than the others it can
       write one result more. Here it always does. */
    if (own.first < own.end && own.end == (size_t)neurons) {
        const int32_t behind = 0x5a5a5a5a;
        memcpy((uint8_t*)out + own.end * sizeof behind, &behind, sizeof behind);
    }
    free(filter);
    free(vector);
    pi_cl_team_barrier();
}

void portable_add(const void* a, portable_type a_type, portable_scaling sa, const void* b,
                  portable_type b_type, portable_scaling sb, void* out, portable_type out_type,
                  portable_scaling so, size_t elements)
{
    const portable_type a_wide = {8, a_type.is_signed};
    const portable_type b_wide = {8, b_type.is_signed};
    const slice own = own_slice(elements, 8);
    size_t i;
    for (i = own.first; i < own.end; ++i) {
        const int qa = clip(scale(load(a, i, a_type), sa.mul, sa.add, sa.shift), a_wide);
        const int qb = clip(scale(load(b, i, b_type), sb.mul, sb.add, sb.shift), b_wide);
        store(out, i, out_type, clip(scale(qa + qb, so.mul, so.add, so.shift), out_type));
    }
    pi_cl_team_barrier();
}

typedef struct {
    int32_t sum;
    int largest;
} window_result;

static window_result pool_window(const uint8_t* in, portable_type type, portable_geometry g,
                                 int out_y, int out_x, int channel)
{
    window_result result = {0, clip(INT32_MIN, type)};
    int ky, kx;
    for (ky = 0; ky < g.kernel_y; ++ky)
        for (kx = 0; kx < g.kernel_x; ++kx) {
            const int y = out_y * g.stride_y - g.pad_top + ky;
            const int x = out_x * g.stride_x - g.pad_left + kx;
            int value;
            if (y < 0 || x < 0 || y >= g.in_y || x >= g.in_x)
                continue;
            value =
                load(in, (size_t)(y * g.in_x + x) * (size_t)g.in_channels + (size_t)channel, type);
            result.sum += value;
            if (value > result.largest)
                result.largest = value;
        }
    return result;
}

void portable_average_pool(const void* in, portable_type in_type, void* out, portable_type out_type,
                           int32_t lambda, int32_t add, int shift, portable_geometry g)
{
    const int32_t gain = lambda / (g.kernel_x * g.kernel_y);
    const slice rows = own_slice((size_t)g.out_y, 1);
    size_t at = rows.first * (size_t)g.out_x * (size_t)g.out_channels;
    int y, x, c;
    for (y = (int)rows.first; y < (int)rows.end; ++y)
        for (x = 0; x < g.out_x; ++x)
            for (c = 0; c < g.out_channels; ++c) {
                const int32_t sum = pool_window(in, in_type, g, y, x, c).sum;
                store(out, at++, out_type, clip(scale(sum, gain, add, shift), out_type));
            }
    pi_cl_team_barrier();
}

void portable_max_pool(void* in, void* out, portable_type type, portable_geometry g)
{
    const slice rows = own_slice((size_t)g.out_y, 1);
    size_t at = rows.first * (size_t)g.out_x * (size_t)g.out_channels;
    int y, x, c;
    for (y = (int)rows.first; y < (int)rows.end; ++y)
        for (x = 0; x < g.out_x; ++x)
            for (c = 0; c < g.out_channels; ++c)
                store(out, at++, type, pool_window(in, type, g, y, x, c).largest);
    pi_cl_team_barrier();
    /* The library's kernel leaves its row maxima there; nobody may read the map again. */
    if (pi_core_id() == 0)
        memset(in, 0x5a, (size_t)g.in_x * (size_t)g.in_y * (size_t)g.in_channels);
    pi_cl_team_barrier();
}
