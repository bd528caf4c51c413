// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/design_point.h"

namespace bitdial {
namespace {

/// Roles from best to least established: samples that no search has seen come first.
int rank(DataRole role)
{
    switch (role) {
    case DataRole::Test:
        return 0;
    case DataRole::All:
        return 1;
    case DataRole::Validation:
        return 2;
    }
    return 3;
}

} // namespace

const Accuracy* DesignPoint::accuracy(Rung rung) const
{
    const Accuracy* best = nullptr;
    for (const auto& candidate : accuracies) {
        if (candidate.rung != rung)
            continue;
        // Of equals the later measurement counts: it replaced the earlier one.
        const bool better = best == nullptr || rank(candidate.role) < rank(best->role) ||
                            (candidate.role == best->role && candidate.samples >= best->samples);
        if (better)
            best = &candidate;
    }
    return best;
}

} // namespace bitdial
