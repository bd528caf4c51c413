// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"
#include "widgets/models/point_model.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// What the user asks of a search.
struct SearchRequest {
    std::string method = "free-bits";
    std::vector<std::string> targets;           ///< names of open profiles
    std::map<std::string, std::string> options; ///< the method's own keys
    std::uint64_t seed = 1;
    double time_budget_s = 0; ///< 0: none
    bool resume = false;      ///< from the project's checkpoint
    bool operator==(const SearchRequest&) const = default;
};

/// Whether both compute the same points: one can go on where the other stopped.
bool isSameSearch(const SearchRequest& one, const SearchRequest& other);

/// The request of the project's latest search, read from its points; the defaults where there is
/// none. Its targets are those that stage 2 optimised for, none where it did not come so far.
SearchRequest latestRequest(const std::vector<PointRow>& rows, const std::string& method);

/// Stores the checkpoint of a search, and beside it what the search was begun with. An empty one
/// says that nothing is left to do. Throws Error.
void storeCheckpoint(Project& project, const SearchRequest& request, const std::string& checkpoint);

/// What the search was begun with that the project's checkpoint of this method belongs to; none
/// without a checkpoint. One that another program left names no request: then the latest one that
/// the points tell of. Throws Error.
std::optional<SearchRequest> resumableRequest(const Project& project,
                                              const std::vector<PointRow>& rows,
                                              const std::string& method);

} // namespace bitdial
