// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/bit_assignment.h"

#include <memory>
#include <random>

namespace bitdial::test {

/// A small random network: 1 to 20 channels, maps of 1 to 17 rows and columns, rectangular kernels,
/// strides and paddings that differ by side, residual adds, poolings, and any kind of last layer.
/// Large maps: of 20 to 40 rows and columns, with few channels.
std::shared_ptr<const Network> randomNetwork(std::mt19937& random, bool large_maps);

/// Random widths for every free group and weight tensor. Max-poolings mostly get their 8 bits.
BitAssignment randomAssignment(const Network& network, std::mt19937& random);

} // namespace bitdial::test
