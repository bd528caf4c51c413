// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/fine_tune.h"
#include "core/learning/gate_search.h"
#include "core/search/search_method.h"

#include <string>
#include <vector>

namespace bitdial {

/// Effective options of Free Bits.
struct FreeBitsOptions {
    std::vector<double> strengths;
    GateSearchOptions gates;
    FineTuneOptions tuning;
    std::string latency_target;   ///< a profile's name; only for GateCharge::Latency
    std::vector<Budget> budgets;  ///< the problem's
    std::vector<WidthLock> locks; ///< the problem's

    /// The keys of SearchProblem::options.
    static const std::vector<OptionSpec>& specs();
    /// Throws Error(Usage) as OptionValues does.
    static FreeBitsOptions of(const MethodInfo& method, const SearchProblem& problem);
    /// All of them, one line of JSON; decides, with the data, what a run computes.
    std::string json() const;
};

/// Throws unless the method can run on this network, these targets and this data: Error(Infeasible)
/// without weights or training samples, Error(Usage) without targets or with two of one name,
/// Error(BadInput) for data that does not fit the network.
void checkFreeBitsProblem(const SearchProblem& problem);

} // namespace bitdial
