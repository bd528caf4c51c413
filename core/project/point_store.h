// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bitdial {

/// Puts what a search reports into a project, each point and accuracy once: what the project has
/// already, found again by a resumed search, keeps its id.
class PointStore {
public:
    /// New points are of this run.
    PointStore(Project& project, std::int64_t run);

    struct Stored {
        DesignPoint point; ///< with its id, parent, run and network hash
        bool is_new = false;
    };
    /// No state: it has none (float reference), or the one of an earlier point, which its
    /// state_hash names. `parent_key`: pointKey() of the point that it was derived from, or empty.
    /// The accuracies of a point that is there are not touched.
    Stored add(const DesignPoint& point, const EncodedState* state, const std::string& parent_key);
    /// Of the point of that pointKey(). Returns its id, or 0 where it has the accuracy already.
    /// Throws Error(Failed) for a point that is not there.
    std::int64_t addAccuracy(const std::string& key, const Accuracy& accuracy);

private:
    Project& m_project;
    std::int64_t m_run;
    std::map<std::string, DesignPoint> m_points; ///< everything in the project, by pointKey()
};

} // namespace bitdial
