// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/export_plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace bitdial {

/// Packs integers of 2, 4 or 8 bits, first in the low bits of each byte (32: little-endian words).
std::vector<std::uint8_t> packElements(std::span<const std::int32_t> values, int bits);

/// A tensor's integers (C,H,W, real channels) as stored: H,W,C, padded with zeros, packed.
std::vector<std::uint8_t> packTensor(const StoredTensor& tensor,
                                     std::span<const std::int32_t> values);

/// A weighted layer's weights as its kernel reads them, padded with zeros: filters O,kH,kW,I packed
/// along the filter; depthwise as planes of taps, each byte with one tap of 8 / bits channels.
std::vector<std::uint8_t> packWeights(const ExportPlan& plan, const PlannedLayer& layer);

/// Kappa or lambda (or the 32-bit bias) for every stored channel; 0 for those of the padding.
std::vector<std::int32_t> paddedParameters(const PlannedLayer& layer,
                                           std::span<const std::int32_t> values);

/// What each tile's kernel call reads: blocks of packed weights, kappa and lambda or bias, tile by
/// tile (parameterBlock).
std::vector<std::uint8_t> packParameters(const ExportPlan& plan, const PlannedLayer& layer);

} // namespace bitdial
