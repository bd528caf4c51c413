// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <stdexcept>

namespace bitdial::test {

/// Integers of every tensor (C,H,W) by plain 64-bit loops, straight from the description of the
/// kernels' arithmetic. Throws std::overflow_error as soon as a 32-bit kernel would have wrapped.
std::vector<std::vector<std::int64_t>> integerForward(const IntegerNetwork& network,
                                                      const std::vector<std::int32_t>& input);

/// What the layer's output integers should be if requantization were exact: for each element the
/// real result in output steps (not rounded, not clipped), from the given integers of its inputs.
std::vector<double> exactLayer(const IntegerNetwork& network, const QuantizationState& state,
                               int layer, const std::vector<std::vector<std::int64_t>>& maps);

} // namespace bitdial::test
