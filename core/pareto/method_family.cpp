// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/method_family.h"

namespace bitdial {

const char* methodFamilyName(MethodFamily family)
{
    switch (family) {
    case MethodFamily::Trained:
        return "trained";
    case MethodFamily::PostTraining:
        return "post-training";
    case MethodFamily::Evolutionary:
        return "evolutionary";
    case MethodFamily::ByHand:
        return "by hand";
    case MethodFamily::Other:
        return "other";
    case MethodFamily::Uniform:
        break;
    }
    return "uniform";
}

MethodFamily familyOf(const Provenance& from, const MethodFamilies& families)
{
    if (from.role == PointRole::Reference)
        return MethodFamily::Uniform;
    if (from.role == PointRole::Hand)
        return MethodFamily::ByHand;
    const auto found = families.find(from.method);
    return found == families.end() ? MethodFamily::Other : found->second;
}

} // namespace bitdial
