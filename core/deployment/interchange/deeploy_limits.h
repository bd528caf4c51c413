// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <optional>
#include <string>

namespace bitdial {

/// Why Deeploy's PULP platform does not take a layer, or computes it wrongly, and what to do.
struct DeeployRefusal {
    std::string why;
    std::string next;
};

/// Of a layer written as deeploy_graph.h says; none: it is computed rightly. Found by running
/// Deeploy bf64cfae's tiled flow on a host, with pulp-nn-mixed b69ec23e.
std::optional<DeeployRefusal> whyNotForDeeploy(const Layer& layer, const IntegerLayer& folded);

/// Channels that a tile of a depthwise convolution must have for Deeploy's buffer to suffice, which
/// Deeploy does not check.
int leastDepthwiseChannels(const LayerGeometry& geometry);

/// The geometry with stride 1 along a side that has one output only and needs no more: Deeploy
/// takes a stride for granted that then reaches past the map.
LayerGeometry withoutIdleStrides(const LayerGeometry& geometry);

} // namespace bitdial
