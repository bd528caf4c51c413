// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/network/network.h"

namespace bitdial {

/// Throws Error(BadInput) unless the samples are ones the network can run and be judged on: there
/// is at least one, they have the shape of its input, and every label is one of its classes. `name`
/// says whose samples they are ("training", "test").
void checkDataFits(const Network& network, const ImageSubset& samples, const std::string& name);

} // namespace bitdial
