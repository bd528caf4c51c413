// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstdint>
#include <memory>

namespace bitdial {

/// Random numbers to train a geometry-only network from: He-normal weights (He 2015, fan out for
/// convolutions), batch norm behind every convolution, zero bias for linear layers. The same seed
/// gives the same numbers on every machine.
std::shared_ptr<const NetworkParameters> initialParameters(const Network& network,
                                                           std::uint64_t seed);

} // namespace bitdial
