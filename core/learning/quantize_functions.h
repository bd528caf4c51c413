// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/quantization_state.h"

#include <ATen/core/Tensor.h>

namespace bitdial {

/// Fake quantization with a learnable step (LSQ: Esser 2020, arXiv 1902.08153). `x` is seen as
/// rows: one scale per row (weights: output channels) or a single scale for all. Gradients:
/// straight through to x inside the range; to the scale as in equation 3 there, times
/// 1/sqrt(elements * high).
at::Tensor learnableQuantize(const at::Tensor& x, const at::Tensor& scale, IntegerRange range);

/// Steps of one tensor at 2, 4 and 8 bits: rows x 3, one row per output channel or a single row.
struct GatedSteps {
    at::Tensor scales;
    bool is_signed = true;
};

/// Steps that put all three widths on one clip range: 2^b - 1 steps over [0, clip] for unsigned
/// tensors, -2^(b-1) * step = -clip for signed ones. `clips` has one value per row.
GatedSteps gatedSteps(const std::vector<float>& clips, bool is_signed);

/// Q2(x) + z1 (Q4 - Q2)(x) + z1 z2 (Q8 - Q4)(x), the forward of Free Bits' stage 1 (Rutishauser
/// 2023, as in its public code). `gates` is rows x 2 (one draw per image) or 1 x 2. Gradients to x
/// flow through the 2-bit straight-through path only; to the gates through the differences.
at::Tensor gatedQuantize(const at::Tensor& x, const at::Tensor& gates, const GatedSteps& steps);

} // namespace bitdial
