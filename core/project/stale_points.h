// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/design_point.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// Points whose accuracies belong to other data than a project's data source names now: its files
/// were replaced, or how they are preprocessed was changed. Their bits, weights and costs still
/// hold. (A network cannot go stale: the project keeps its own copy.)
struct StalePoints {
    std::vector<std::int64_t> ids; ///< rising
    std::string warning;           ///< for the user, one sentence; empty: none is stale
};

/// Compares what the points were measured on with the data as it is now: `data_hash` is its
/// DataSplits::hash. Without one (no data, or it cannot be opened) nothing is known and none is
/// stale; nor is a point without accuracies, or from a project that kept no hash.
StalePoints stalePoints(std::span<const DesignPoint> points, const std::string& data_hash);

} // namespace bitdial
