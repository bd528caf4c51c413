// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile_fields.h"
#include "core/hardware/tiler.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// Where a network's data live on a target at given widths.
struct MemoryPlan {
    bool weights_in_l3 = false;
    std::vector<bool> tensor_in_l3;     ///< per tensor
    std::vector<std::int64_t> l2_bytes; ///< per layer: live activations and weights in L2 then
    std::int64_t weight_bytes = 0;      ///< packed, all layers
    std::string infeasible_reason;      ///< non-empty: it fits nowhere

    ExternalData externalData(const Network& network, int layer) const;
};

/// Packed bytes of a layer's weights with its requantization parameters, pad channels included.
std::int64_t layerWeightBytes(const Network& network, int layer, LayerBits bits, int cores);

/// Everything in L2 where that fits with the code reserve; otherwise all weights move to L3, and of
/// the activations the largest live ones, layer by layer, until the rest and a staging buffer of
/// L1's usable size fit.
MemoryPlan planMemory(const Network& network, const BitAssignment& assignment,
                      const HardwareProfile::Fields& profile);

} // namespace bitdial
