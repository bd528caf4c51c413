// SPDX-License-Identifier: Apache-2.0
#include "core/project/stale_points.h"

#include <algorithm>

namespace bitdial {

StalePoints stalePoints(std::span<const DesignPoint> points, const std::string& data_hash)
{
    StalePoints stale;
    if (data_hash.empty())
        return stale;
    std::size_t measured = 0;
    for (const auto& point : points) {
        const auto& hash = point.provenance.data_hash;
        if (point.accuracies.empty() || hash.empty())
            continue;
        ++measured;
        if (hash != data_hash)
            stale.ids.push_back(point.id);
    }
    std::ranges::sort(stale.ids);
    if (!stale.ids.empty())
        stale.warning = "The data is not what it was: the accuracies of " +
                        std::to_string(stale.ids.size()) + " of the " + std::to_string(measured) +
                        " measured points are of other samples or preprocessing. Measure them "
                        "again, or give the data back that they were measured on";
    return stale;
}

} // namespace bitdial
