// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

namespace bitdial {

/// Throws Error(Infeasible) naming the layer where the network's branches are none that the code of
/// DORY (be3d6dda) can keep: it starts with a layer with weights, its input has one reader, a
/// tensor has at most two, an add joins two different tensors, and a branch ends before the next
/// one begins.
void checkDoryStructure(const Network& network);

} // namespace bitdial
