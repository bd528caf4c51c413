// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/search_method.h"

namespace bitdial {

/// Free Bits (Rutishauser, Conti, Benini: AICAS 2023, arXiv 2307.02894). The float network and
/// uniform 8/8, 4/4 and 2/2 as references; stage 1 (gate_search.h) for each strength; stage 2
/// (raise_bits.h) for each of its results and each target; quantization-aware fine-tuning of every
/// assignment from the same numbers with the same steps, and its accuracy on integers: on
/// validation samples when found, on test samples at the end. Trainings run side by side, one
/// thread each; the points do not depend on how many. Options: free_bits_options.h.
class FreeBits : public SearchMethod {
public:
    const MethodInfo& info() const override;
    /// Throws Error(Usage) for options, Error(Infeasible) for a network without weights or a search
    /// without targets, Error(BadInput) for a journal of another search.
    SearchEnd run(const SearchProblem& problem, SearchObserver& observer,
                  std::stop_token stop) const override;
    void check(const SearchProblem& problem) const override;
    std::unique_ptr<TaskPerformer> performer(const SearchProblem& problem) const override;
};

} // namespace bitdial
