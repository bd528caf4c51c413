// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/fine_tune.h"
#include "core/learning/gate_search.h"
#include "core/search/search_method.h"

#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// Effective options of Free Bits. Keys of SearchProblem::options, with their defaults:
/// strengths=0.002,0.004,0.008,0.016,0.05 charge=bops|latency latency_target=<first profile>
/// gate_steps=150 gate_batch=64 gate_rate=0.04 gate_weight_rate=0.002 tune_steps=400 tune_batch=64
/// tune_rate=0.01 tune_step_rate=0.01 max_latency_ms=<none>.
struct FreeBitsOptions {
    std::vector<double> strengths = {0.002, 0.004, 0.008, 0.016, 0.05};
    GateSearchOptions gates;
    FineTuneOptions tuning;
    std::string latency_target; ///< a profile's name; only for GateCharge::Latency
    std::optional<double> max_latency_ms;

    /// Throws Error(Usage) for an unknown key (with the nearest) or a value out of range.
    static FreeBitsOptions of(const SearchProblem& problem);
    /// All of them, one line of JSON; decides, with the data, what a run computes.
    std::string json() const;
};

/// Throws unless the method can run on this network, these targets and this data: Error(Infeasible)
/// without weights or training samples, Error(Usage) without targets or with two of one name,
/// Error(BadInput) for data that does not fit the network.
void checkFreeBitsProblem(const SearchProblem& problem);

} // namespace bitdial
