// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// The first ten unsupported nodes of a report, with operator and reason, in one line; empty when
/// there are none.
std::string unsupportedNodes(const std::vector<NodeReport>& report);

/// Throws Error(BadInput), listing them, when the network has unsupported layers: it can be looked
/// at, but neither evaluated nor searched nor exported.
void checkSupported(const Network& network);

/// What a network is made of, as far as no target matters.
struct NetworkFacts {
    std::int64_t macs = 0;       ///< per sample
    std::int64_t parameters = 0; ///< as Network::parameterCount()
    std::int64_t weights =
        0; ///< of all layers; as many bytes at 8 bits, four times as many as float
    /// Most activation elements that live at once: what the running layer reads and writes and what
    /// a later layer still needs. As many bytes at 8 bits.
    std::int64_t peak_activations = 0;
    int peak_layer = 0;  ///< where that is
    int quantizable = 0; ///< nodes of the imported file, by what became of them
    int fused = 0;
    int passed_through = 0;
    int unsupported = 0;
};
NetworkFacts networkFacts(const Network& network);

} // namespace bitdial
