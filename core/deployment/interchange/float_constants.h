// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// The nearest integer of at most 24 significant bits towards zero: what a float holds exactly.
std::int32_t floatInteger(std::int32_t value);

/// Rounds a folded network's kappa, lambda and last bias to integers that floats hold, towards
/// zero; an average pooling loses bits of its shift instead, because its factor must stay a
/// multiple of the window. Returns the names of the layers that changed. Throws Error(Infeasible)
/// naming the layer whose requantization would overflow then.
std::vector<std::string> roundToFloats(IntegerNetwork& network);

} // namespace bitdial
