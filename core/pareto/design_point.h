// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/accuracy.h"
#include "core/quantization/bit_assignment.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// Where a design point came from.
struct Provenance {
    std::string method; ///< "uniform", "free-bits", "hand"
    int stage = 0;      ///< 1 or 2 for free-bits, else 0
    std::string target; ///< profile that stage 2 optimised for, else empty
    std::uint64_t seed = 0;
    std::int64_t parent = 0; ///< id of the point it was derived from, 0: none
    std::string label;       ///< short text such as "8/8" or "lambda 0.1"
    std::string network_hash;
    std::string data_hash;
    std::string profile_hash;
    std::string options_json; ///< the method's effective options, one line
    bool operator==(const Provenance&) const = default;
};

/// One assignment with the weights it was measured with. Costs are not stored: they follow from
/// (assignment, profile).
struct DesignPoint {
    std::int64_t id = 0; ///< unique in a project; 0 until it is stored
    BitAssignment assignment;
    std::string state_hash; ///< SHA-256 of its QuantizationState in the project; empty: none yet
    std::vector<Accuracy> accuracies;
    Provenance provenance;

    /// The best-established accuracy of a rung: test before validation before all; null if none.
    const Accuracy* accuracy(Rung rung) const;
    /// The accuracy on most samples of a rung and a role, of equals the latest; null if none.
    const Accuracy* accuracy(Rung rung, DataRole role) const;
    bool operator==(const DesignPoint&) const = default;
};

} // namespace bitdial
