// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/cost_model.h"
#include "core/project/point_store.h"
#include "core/search/search_method.h"

#include <chrono>
#include <string>
#include <vector>

namespace bitdial::cli {

/// Stores every point in the project before it tells of it on standard error. A point that the
/// project has already, found again by a resumed search, keeps its id.
class ProjectObserver : public SearchObserver {
public:
    ProjectObserver(Project& project, std::string method,
                    const std::vector<std::shared_ptr<const HardwareProfile>>& profiles);

    std::int64_t pointFound(const DesignPoint& point, const QuantizationState& state) override;
    void accuracyMeasured(std::int64_t id, const Accuracy& accuracy) override;
    void progressed(const SearchProgress& progress) override;
    void checkpointed(const std::string& checkpoint) override;

    const std::vector<std::int64_t>& newPoints() const { return m_new_points; }

private:
    void tell(const DesignPoint& point) const;

    Project& m_project;
    std::string m_method;
    std::vector<CostModel> m_models;
    PointStore m_store;
    std::vector<std::int64_t> m_new_points;
    std::string m_phase;
    std::chrono::steady_clock::time_point m_last_told;
};

} // namespace bitdial::cli
