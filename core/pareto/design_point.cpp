// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/design_point.h"

namespace bitdial {

const Accuracy* DesignPoint::accuracy(Rung rung) const
{
    // Best established first: samples that no search has seen, then those that no training has
    // seen; all samples may hold those that the network was trained on.
    for (const DataRole role : {DataRole::Test, DataRole::Validation, DataRole::All})
        if (const auto* found = accuracy(rung, role))
            return found;
    return nullptr;
}

const Accuracy* DesignPoint::accuracy(Rung rung, DataRole role) const
{
    const Accuracy* best = nullptr;
    for (const auto& candidate : accuracies) {
        if (candidate.rung != rung || candidate.role != role)
            continue;
        // Of equals the later measurement counts: it replaced the earlier one.
        if (best == nullptr || candidate.samples >= best->samples)
            best = &candidate;
    }
    return best;
}

} // namespace bitdial
