// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bitdial {

/// Puts what a search reports into a project, each point and accuracy once: what the project has
/// already, found again by a resumed search, keeps its id.
class PointStore {
public:
    explicit PointStore(Project& project);

    struct Stored {
        DesignPoint point; ///< with its id, state hash and network hash
        bool is_new = false;
    };
    /// A state without parameters stands for none (float reference) or for one stored before, which
    /// the point's state_hash names. The accuracies of a point that is there are not touched.
    Stored add(const DesignPoint& point, const QuantizationState& state);
    /// False: the point has it already.
    bool addAccuracy(std::int64_t id, const Accuracy& accuracy);

private:
    Project& m_project;
    std::vector<DesignPoint> m_points; ///< everything in the project
};

} // namespace bitdial
