// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/accuracy.h"
#include "core/quantization/bit_assignment.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// What a point is to the run that made it.
enum class PointRole {
    Reference, ///< the float network, uniform widths: what others are compared with
    Found,     ///< a result of the search, for any target
    Refined,   ///< made of another point for one target
    Hand       ///< the user's
};
const char* pointRoleName(PointRole role); ///< "reference", "found", "refined", "hand"

/// Where a design point came from.
struct Provenance {
    std::string method; ///< "float", "uniform", "free-bits", "hand"
    PointRole role = PointRole::Reference;
    std::int64_t run = 0; ///< id of the search's run in the project, 0: none
    std::string target;   ///< profile that it was refined for, else empty
    std::uint64_t seed = 0;
    std::int64_t parent = 0; ///< id of the point it was derived from, 0: none
    std::string label;       ///< short text such as "8/8" or "lambda 0.1"
    std::string network_hash;
    std::string data_hash;
    std::string profile_hash;
    std::string options_json; ///< the method's effective options, one line
    bool operator==(const Provenance&) const = default;
};

/// 1 of what a search found, 2 of what it then refined for one target, else 0: the `stage` of
/// tables and front files.
int stageOf(const Provenance& from);

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

/// Names a point by what it is, its bits, numbers and origin, whatever its id, run and parent: as
/// searches do, whose workers know no ids. 64 hexadecimal digits.
std::string pointKey(const DesignPoint& point);

} // namespace bitdial
