// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <vector>

namespace bitdial {

/// Channels of every tensor as DORY's kernels need them stored: the real ones where everything has
/// 8 bits; else multiples of what packing asks for; more around linear layers, whose kernels
/// compute tails wrongly. `cores` run the kernels.
std::vector<int> doryChannels(const IntegerNetwork& network, int cores);

} // namespace bitdial
