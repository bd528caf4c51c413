// SPDX-License-Identifier: Apache-2.0
#include "core/project/point_store.h"

#include "core/base/error.h"

#include <algorithm>

namespace bitdial {

PointStore::PointStore(Project& project, std::int64_t run) : m_project(project), m_run(run)
{
    for (auto& point : project.points())
        m_points.try_emplace(pointKey(point), std::move(point));
}

PointStore::Stored PointStore::add(const DesignPoint& point, const EncodedState* state,
                                   const std::string& parent_key)
{
    DesignPoint stored = point;
    if (stored.provenance.network_hash.empty())
        stored.provenance.network_hash = m_project.network()->hash();
    if (state != nullptr)
        stored.state_hash = state->hash;
    const auto key = pointKey(stored);
    if (const auto known = m_points.find(key); known != m_points.end())
        return {known->second, false};
    stored.provenance.run = m_run;
    if (const auto parent = m_points.find(parent_key); parent != m_points.end())
        stored.provenance.parent = parent->second.id;
    stored.id = m_project.addPoint(stored, state);
    m_points[key] = stored;
    return {stored, true};
}

std::int64_t PointStore::addAccuracy(const std::string& key, const Accuracy& accuracy)
{
    const auto found = m_points.find(key);
    if (found == m_points.end())
        throw Error(ErrorCode::Failed, "The point is not in the project", m_project.path().string(),
                    "the search measured a point that it did not report", "Start the search anew");
    DesignPoint& point = found->second;
    if (std::ranges::find(point.accuracies, accuracy) != point.accuracies.end())
        return 0;
    m_project.addAccuracy(point.id, accuracy);
    point.accuracies.push_back(accuracy);
    return point.id;
}

} // namespace bitdial
