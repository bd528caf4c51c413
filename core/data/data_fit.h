// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/network/network.h"

namespace bitdial {

/// Throws Error(BadInput) unless the samples are ones the network can run: there is at least one
/// and they have the shape of its input. Their labels do not matter. `name` says whose samples they
/// are ("calibration").
void checkPicturesFit(const Network& network, const ImageSubset& samples, const std::string& name);

/// The same, and every label is one of the network's classes, so that it can be judged on them.
void checkDataFits(const Network& network, const ImageSubset& samples, const std::string& name);

} // namespace bitdial
