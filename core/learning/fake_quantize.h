// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/torch_network.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/quantization_state.h"

#include <ATen/core/Tensor.h>

namespace bitdial {

/// scale * clamp(floor(x / scale + 1/2), low, high), without gradient. A zero scale gives zeros.
at::Tensor fakeQuantize(const at::Tensor& x, float scale, IntegerRange range);

/// The same for weights with one scale per output channel (dimension 0), or a single one.
at::Tensor fakeQuantizeWeights(const at::Tensor& weight, const std::vector<float>& scales,
                               int bits);

/// Hooks that make a TorchNetwork compute what the integer network computes, in float: weights and
/// activations on their grids, the operands of an add on the grid of its inner 8-bit sum, and
/// the last linear layer's bias on that of its accumulators.
/// `state` must outlive the hooks.
ForwardHooks fakeQuantizeHooks(const Network& network, const BitAssignment& bits,
                               const QuantizationState& state);

} // namespace bitdial
