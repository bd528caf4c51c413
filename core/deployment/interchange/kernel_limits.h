// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <string>

namespace bitdial {

class HardwareProfile;

// Of a layer for which the library's kernel is called once and as it is, as deployers do. Empty: it
// is computed rightly.

/// Why the depthwise kernel computes windows of this size wrongly, wherever they lie.
std::string whyDepthwiseWindowIsWrong(int kernel_height, int kernel_width);

/// Why the depthwise kernel computes the windows at the right border wrongly.
std::string whyDepthwiseBorderIsWrong(const LayerGeometry& geometry);

/// Why the max-pooling kernel computes a geometry wrongly.
std::string whyMaxPoolIsWrong(const LayerGeometry& geometry);

/// Why code for a cluster of PULP's cores with XpulpV2 kernels cannot be for this target; empty: it
/// can.
std::string whyNoXpulpV2Cluster(const HardwareProfile& profile);

} // namespace bitdial
