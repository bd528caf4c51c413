// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/quantization_state.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// A state's binary form (little endian, versioned) in two parts, because many states can share
/// their numbers: these take megabytes, how they are quantized takes kilobytes. Made once and
/// handed down, since the hashes are of all bytes.
struct EncodedState {
    std::string hash; ///< SHA-256 of head, parameters and quantizers; a DesignPoint refers to it
    std::string parameters_hash; ///< SHA-256 of the parameters
    std::vector<std::byte> parameters;
    std::vector<std::byte> quantizers;
};

EncodedState encodeState(const QuantizationState& state);

/// Back from the two parts. Throws Error(BadInput) where they are damaged.
QuantizationState decodeState(std::span<const std::byte> parameters,
                              std::span<const std::byte> quantizers);

/// The hash that a state of these parts has.
std::string stateHash(std::span<const std::byte> parameters, std::span<const std::byte> quantizers);

/// Takes apart a state as projects of format 1 hold it: head, parameters and quantizers in one.
/// Throws Error(BadInput).
EncodedState splitState(std::span<const std::byte> whole);

} // namespace bitdial
