// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile_fields.h"
#include "core/network/network.h"

namespace bitdial {

/// The geometry with which the target's kernel is called for a layer. It is the layer's own but for
/// depthwise convolutions on a cluster's cores, whose kernel computes some windows wrongly: those
/// get rows of zeros below and columns of zeros to the right, and as much more padding, so that the
/// result stays the same. Found by running pulp-nn-mixed b69ec23e: it needs 4 taps, the cores
/// overwrite each other's buffers where a window is one column wide, and XpulpNN's takes only one
/// of the taps behind the last whole word.
LayerGeometry calledGeometry(const Layer& layer, const HardwareProfile::Fields& profile);

} // namespace bitdial
