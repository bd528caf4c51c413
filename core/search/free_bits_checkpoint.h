// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/accuracy.h"
#include "core/quantization/bit_assignment.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bitdial {

/// A point of a Free Bits run that was reported, with what was measured but is told at the end.
struct ReportedPoint {
    std::int64_t id = 0;
    BitAssignment assignment;
    std::string state_hash;
    std::vector<Accuracy> accuracies; ///< told with the point
    std::vector<Accuracy> at_end;     ///< on test samples
};

/// How far a run of Free Bits came: enough to go on without computing anything twice.
struct FreeBitsCheckpoint {
    std::string key; ///< hash of everything that decides what the run computes
    std::map<std::string, ReportedPoint> points; ///< by task
    std::map<std::string, BitAssignment> chosen; ///< results of stage 1, by task

    std::string toText(const Network& network) const;
    /// Throws Error(BadInput) when the text is damaged or another run's (its key is not `key`).
    static FreeBitsCheckpoint fromText(const Network& network, const std::string& text,
                                       const std::string& key);
};

} // namespace bitdial
