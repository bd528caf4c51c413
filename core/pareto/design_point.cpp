// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/design_point.h"

#include "core/base/sha256.h"

namespace bitdial {

const char* pointRoleName(PointRole role)
{
    switch (role) {
    case PointRole::Found:
        return "found";
    case PointRole::Refined:
        return "refined";
    case PointRole::Hand:
        return "hand";
    case PointRole::Reference:
        break;
    }
    return "reference";
}

int stageOf(const Provenance& from)
{
    if (from.role == PointRole::Found)
        return 1;
    return from.role == PointRole::Refined ? 2 : 0;
}

std::string pointKey(const DesignPoint& point)
{
    const Provenance& from = point.provenance;
    Sha256 sha;
    for (const std::string& text :
         {point.assignment.widths(), point.state_hash, from.method,
          std::string(pointRoleName(from.role)), from.target, std::to_string(from.seed), from.label,
          from.network_hash, from.data_hash, from.profile_hash, from.options_json}) {
        sha.update(std::to_string(text.size()) + ":");
        sha.update(text);
    }
    return sha.hexDigest();
}

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
