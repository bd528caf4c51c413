// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/network/network.h"

#include <memory>
#include <stop_token>
#include <vector>

namespace bitdial {

/// Runs the float network, which has numbers, on at most 512 of the pictures, and returns about
/// 20,000 values at most of each activation tensor: the same ones on every call. Throws
/// Error(Cancelled).
std::vector<std::vector<float>> sampleActivations(const std::shared_ptr<const Network>& network,
                                                  const ImageSubset& pictures,
                                                  const std::stop_token& stop);

} // namespace bitdial
