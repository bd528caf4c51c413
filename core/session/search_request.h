// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/budget.h"
#include "core/pareto/design_point.h"
#include "core/pareto/width_lock.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

class Project;

/// What the user asks of a search. A value: the same request can be asked in the window, on the
/// command line or on another machine, and a project keeps it with the run.
struct SearchRequest {
    std::string method = "free-bits";
    std::vector<std::string> targets;           ///< names of the project's profiles
    std::map<std::string, std::string> options; ///< the method's own keys
    std::uint64_t seed = 1;
    double time_budget_s = 0; ///< 0: none
    bool resume = false;      ///< go on with the project's unfinished run; not part of the JSON
    std::vector<Budget> budgets = {};  ///< what a point may cost
    std::vector<WidthLock> locks = {}; ///< what keeps its width
    bool operator==(const SearchRequest&) const = default;
};

/// One line of JSON, schema "bitdial.search/1".
std::string toJson(const SearchRequest& request);
/// Throws Error(BadInput) with `where` for what is no request.
SearchRequest searchRequestFromJson(std::string_view json, const std::string& where);

/// Whether both compute the same points: one can go on where the other stopped.
bool isSameSearch(const SearchRequest& one, const SearchRequest& other);

/// What the latest search by this method was asked, as far as its points tell: options and seed,
/// and as targets those that points were refined for. The defaults where it made no point.
SearchRequest requestFromPoints(std::span<const DesignPoint> points, const std::string& method);

/// What the unfinished run of this method was asked; none where there is nothing to go on with. A
/// run whose request is not known (of format 1, begun on the command line) has that of its points.
/// Throws Error.
std::optional<SearchRequest> resumableRequest(Project& project, std::span<const DesignPoint> points,
                                              const std::string& method);

/// The same of every method that the project has runs of. Throws Error.
std::map<std::string, SearchRequest> resumableRequests(Project& project,
                                                       std::span<const DesignPoint> points);

} // namespace bitdial
