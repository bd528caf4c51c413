// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <string>

namespace bitdial {

class HardwareProfile;

/// Why the library's depthwise kernel computes a geometry wrongly when it is called for the whole
/// layer, as deployers do that do not pad explicitly; empty: it computes it rightly.
std::string whyDepthwiseIsWrong(const LayerGeometry& geometry);

/// Why the library's max-pooling kernel computes a geometry wrongly when it is called for the whole
/// layer; empty: it computes it rightly.
std::string whyMaxPoolIsWrong(const LayerGeometry& geometry);

/// Why code for a cluster of PULP's cores with XpulpV2 kernels cannot be for this target; empty: it
/// can.
std::string whyNoXpulpV2Cluster(const HardwareProfile& profile);

} // namespace bitdial
