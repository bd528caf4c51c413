/* SPDX-License-Identifier: Apache-2.0 */
/* Portable C versions of the PULP-NN mixed-precision kernel families, one per family with the bit
   widths as parameters. Tensors have the library's layouts: H,W,C with the first channel in the
   low bits; filters O,kH,kW,I; depthwise maps and weights as planes of bytes.
   Every core of the team calls a kernel with the same arguments; it ends in a barrier. */
#ifndef PORTABLE_KERNELS_H
#define PORTABLE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int bits; /* 2, 4, 8 or 32 */
    int is_signed;
} portable_type;

/* x is the width, y the height. */
typedef struct {
    int in_x, in_y, in_channels;
    int out_x, out_y, out_channels;
    int kernel_x, kernel_y;
    int pad_top, pad_left;
    int stride_x, stride_y;
} portable_geometry;

/* clip((kappa[c] * accumulator + lambda[c]) >> shift), 32-bit and wrapping. */
typedef struct {
    const int32_t* kappa;
    const int32_t* lambda;
    int shift;
} portable_requantization;

/* One scaling of an add: (x * mul + add) >> shift. */
typedef struct {
    int32_t mul;
    int32_t add;
    int shift;
} portable_scaling;

/* Stops the program: a kernel was called in a way that the library does not compute correctly. */
void portable_require(int condition, const char* kernel, const char* rule);

/* Fills the calling core's share of a scratch buffer, `bytes` each, with garbage. */
void portable_spoil(void* scratch, size_t bytes);

void portable_conv(const void* in, portable_type in_type, const void* weights, int weight_bits,
                   void* out, portable_type out_type, portable_requantization requantization,
                   portable_geometry geometry);
void portable_depthwise(const void* in, portable_type in_type, const void* weights, int weight_bits,
                        void* out, portable_type out_type, portable_requantization requantization,
                        portable_geometry geometry);
/* 32-bit results: out[n] = bias[n] + filter n . in; bias holds int32 in bytes, or is NULL. */
void portable_linear_32(const void* in, portable_type in_type, const void* weights, int weight_bits,
                        const void* bias, void* out, int inputs, int neurons);
/* out = clip((clip8(a) + clip8(b)) scaled), each operand scaled to 8 bits of its own sign. */
void portable_add(const void* a, portable_type a_type, portable_scaling a_scaling, const void* b,
                  portable_type b_type, portable_scaling b_scaling, void* out,
                  portable_type out_type, portable_scaling out_scaling, size_t elements);
/* clip((sum * (lambda / window) + add) >> shift); elements outside the map count as 0. */
void portable_average_pool(const void* in, portable_type in_type, void* out, portable_type out_type,
                           int32_t lambda, int32_t add, int shift, portable_geometry geometry);
/* 8-bit maps only. Like the library's kernel, it destroys its input. */
void portable_max_pool(void* in, void* out, portable_type type, portable_geometry geometry);

#endif
