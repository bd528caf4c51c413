// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/design_point.h"

#include <map>
#include <string>

namespace bitdial {

/// What kind of method made a point, as charts tell them apart by shape.
enum class MethodFamily {
    Uniform, ///< no search: the same widths everywhere
    Trained,
    PostTraining,
    Evolutionary,
    ByHand,
    Other ///< of a method that this program does not have
};
/// "uniform", "trained", "post-training", "evolutionary", "by hand", "other"
const char* methodFamilyName(MethodFamily family);

/// The family of each method by its name, so that charts need to know no methods.
using MethodFamilies = std::map<std::string, MethodFamily, std::less<>>;

/// References are uniform and the user's points by hand, whoever measured them; the others are of
/// their method's family.
MethodFamily familyOf(const Provenance& from, const MethodFamilies& families);

} // namespace bitdial
