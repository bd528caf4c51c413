// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <cstddef>
#include <cstdint>

/// The arithmetic of the integer executor. Activations are 16-bit integers in H,W,C order; kappa
/// products wrap like the kernels' (the fold proves that they never need to).
namespace bitdial::integer_kernels {

/// Rows of a matrix product are padded with zeros to a multiple of this many integers.
constexpr std::size_t row_multiple = 16;
/// Weight rows are padded to a multiple of this many, input rows to a multiple of two.
constexpr std::size_t filter_multiple = 4;
constexpr std::size_t pixel_multiple = 2;

constexpr std::size_t roundUp(std::size_t value, std::size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/// accumulators[p * filters + f] = rows[p] . weights[f]; both have `length` integers per row.
/// pixels, filters and length must be multiples of the constants above.
void multiply(const std::int16_t* rows, std::size_t pixels, const std::int16_t* weights,
              std::size_t filters, std::size_t length, std::int32_t* accumulators);

/// accumulators[c] += x[c] * w[c]
void multiplyAdd(const std::int16_t* x, const std::int16_t* w, std::size_t channels,
                 std::int32_t* accumulators);

/// out[c] = clip((kappa[c] * accumulators[c] + lambda[c]) >> shift)
void requantize(const std::int32_t* accumulators, const std::int32_t* kappa,
                const std::int32_t* lambda, int shift, IntegerRange clip, std::size_t channels,
                std::int16_t* out);

/// The element-wise add of IntegerAdd; clip_a and clip_b are the 8-bit clips of its operands.
void add(const std::int16_t* a, const std::int16_t* b, const IntegerAdd& numbers,
         IntegerRange clip_a, IntegerRange clip_b, IntegerRange clip, std::size_t count,
         std::int16_t* out);

/// accumulators[c] += x[c]
void accumulate(const std::int16_t* x, std::size_t channels, std::int32_t* accumulators);

/// out[c] = max(out[c], x[c])
void maximum(const std::int16_t* x, std::size_t channels, std::int16_t* out);

} // namespace bitdial::integer_kernels
