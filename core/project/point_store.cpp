// SPDX-License-Identifier: Apache-2.0
#include "core/project/point_store.h"

#include "core/base/sha256.h"

#include <algorithm>

namespace bitdial {

PointStore::PointStore(Project& project) : m_project(project), m_points(project.points()) {}

PointStore::Stored PointStore::add(const DesignPoint& point, const QuantizationState& state)
{
    DesignPoint stored = point;
    if (stored.provenance.network_hash.empty())
        stored.provenance.network_hash = m_project.network()->hash();
    const bool has_state = state.parameters != nullptr;
    if (has_state)
        stored.state_hash = sha256Hex(toBytes(state));
    const auto known = std::ranges::find_if(m_points, [&](const DesignPoint& other) {
        return other.assignment == stored.assignment && other.provenance == stored.provenance &&
               other.state_hash == stored.state_hash;
    });
    if (known != m_points.end())
        return {*known, false};
    stored.id = m_project.addPoint(stored, has_state ? &state : nullptr);
    m_points.push_back(stored);
    return {stored, true};
}

bool PointStore::addAccuracy(std::int64_t id, const Accuracy& accuracy)
{
    const auto point = std::ranges::find(m_points, id, &DesignPoint::id);
    if (point != m_points.end()) {
        if (std::ranges::find(point->accuracies, accuracy) != point->accuracies.end())
            return false;
        point->accuracies.push_back(accuracy);
    }
    m_project.addAccuracy(id, accuracy);
    return true;
}

} // namespace bitdial
