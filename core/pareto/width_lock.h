// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/bit_assignment.h"

#include <string>
#include <vector>

namespace bitdial {

/// Tensors that are to keep a width, as a user names them.
struct WidthLock {
    /// A layer (its weights and its input) or a tensor by name, with * and ? for any text and any
    /// letter; a kind of layers ("depthwise"); "first" or "last", the layer with weights that is.
    /// "weights:" or "activations:" in front takes only these.
    std::string pattern;
    int bits = 8;
    bool operator==(const WidthLock&) const = default;
};

/// "PATTERN=BITS".
std::string lockText(const WidthLock& lock);
/// Back from it; 8 bits where it says none. Throws Error(Usage).
WidthLock lockFromText(const std::string& text);

/// What a lock names.
struct LockedTensors {
    std::vector<int> weights; ///< layers
    std::vector<int> groups;  ///< of tied activations, none of them fixed
};

/// Throws Error(Usage) where that is nothing, with the nearest names.
LockedTensors tensorsOf(const WidthLock& lock, const Network& network,
                        const ActivationGroups& groups);

} // namespace bitdial
