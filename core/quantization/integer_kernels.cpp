// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/integer_kernels.h"

#include "core/base/vector_clones.h"

#include <algorithm>

namespace bitdial::integer_kernels {
namespace {

/// 32-bit product and sum that wrap, as on the target.
inline std::int32_t scaled(std::int32_t value, std::int32_t factor, std::int32_t offset)
{
    return std::int32_t(std::uint32_t(value) * std::uint32_t(factor) + std::uint32_t(offset));
}

inline std::int32_t clipped(std::int32_t value, IntegerRange range)
{
    return std::min(std::max(value, range.low), range.high);
}

} // namespace

BITDIAL_VECTOR_CLONES
void multiply(const std::int16_t* rows, std::size_t pixels, const std::int16_t* weights,
              std::size_t filters, std::size_t length, std::int32_t* accumulators)
{
    // Two rows against four filters: eight sums stay in registers, each load serves several.
    for (std::size_t p = 0; p < pixels; p += pixel_multiple) {
        const std::int16_t* __restrict x0 = rows + p * length;
        const std::int16_t* __restrict x1 = x0 + length;
        std::int32_t* out0 = accumulators + p * filters;
        std::int32_t* out1 = out0 + filters;
        for (std::size_t f = 0; f < filters; f += filter_multiple) {
            const std::int16_t* __restrict w0 = weights + f * length;
            const std::int16_t* __restrict w1 = w0 + length;
            const std::int16_t* __restrict w2 = w1 + length;
            const std::int16_t* __restrict w3 = w2 + length;
            std::int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
            const std::size_t blocks = length / row_multiple;
            for (std::size_t i = 0; i < blocks * row_multiple; ++i) {
                a0 += std::int32_t(x0[i]) * std::int32_t(w0[i]);
                a1 += std::int32_t(x0[i]) * std::int32_t(w1[i]);
                a2 += std::int32_t(x0[i]) * std::int32_t(w2[i]);
                a3 += std::int32_t(x0[i]) * std::int32_t(w3[i]);
                b0 += std::int32_t(x1[i]) * std::int32_t(w0[i]);
                b1 += std::int32_t(x1[i]) * std::int32_t(w1[i]);
                b2 += std::int32_t(x1[i]) * std::int32_t(w2[i]);
                b3 += std::int32_t(x1[i]) * std::int32_t(w3[i]);
            }
            out0[f] = a0, out0[f + 1] = a1, out0[f + 2] = a2, out0[f + 3] = a3;
            out1[f] = b0, out1[f + 1] = b1, out1[f + 2] = b2, out1[f + 3] = b3;
        }
    }
}

BITDIAL_VECTOR_CLONES
void multiplyAdd(const std::int16_t* __restrict x, const std::int16_t* __restrict w,
                 std::size_t channels, std::int32_t* __restrict accumulators)
{
    for (std::size_t c = 0; c < channels; ++c)
        accumulators[c] += std::int32_t(x[c]) * std::int32_t(w[c]);
}

BITDIAL_VECTOR_CLONES
void requantize(const std::int32_t* __restrict accumulators, const std::int32_t* __restrict kappa,
                const std::int32_t* __restrict lambda, int shift, IntegerRange clip,
                std::size_t channels, std::int16_t* __restrict out)
{
    for (std::size_t c = 0; c < channels; ++c)
        out[c] = std::int16_t(clipped(scaled(accumulators[c], kappa[c], lambda[c]) >> shift, clip));
}

BITDIAL_VECTOR_CLONES
void add(const std::int16_t* __restrict a, const std::int16_t* __restrict b,
         const IntegerAdd& numbers, IntegerRange clip_a, IntegerRange clip_b, IntegerRange clip,
         std::size_t count, std::int16_t* __restrict out)
{
    const IntegerAdd n = numbers; // a copy, so that stores to `out` cannot change it
    for (std::size_t i = 0; i < count; ++i) {
        const auto qa = clipped(scaled(a[i], n.mul[0], n.add[0]) >> n.shift[0], clip_a);
        const auto qb = clipped(scaled(b[i], n.mul[1], n.add[1]) >> n.shift[1], clip_b);
        const auto sum = scaled(qa + qb, n.out_mul, n.out_add) >> n.out_shift;
        out[i] = std::int16_t(clipped(sum, clip));
    }
}

BITDIAL_VECTOR_CLONES
void accumulate(const std::int16_t* __restrict x, std::size_t channels,
                std::int32_t* __restrict accumulators)
{
    for (std::size_t c = 0; c < channels; ++c)
        accumulators[c] += x[c];
}

BITDIAL_VECTOR_CLONES
void maximum(const std::int16_t* __restrict x, std::size_t channels, std::int16_t* __restrict out)
{
    for (std::size_t c = 0; c < channels; ++c)
        out[c] = std::max(out[c], x[c]);
}

} // namespace bitdial::integer_kernels
