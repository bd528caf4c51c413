// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"
#include "core/search/search_method.h"
#include "core/session/search_request.h"

#include <cstdint>
#include <optional>
#include <stop_token>

namespace bitdial {

/// Hears of a search what the project has already; on the search's thread.
class SearchListener {
public:
    virtual ~SearchListener() = default;
    virtual void pointStored(const DesignPoint& point) = 0;
    virtual void accuracyStored(std::int64_t point, const Accuracy& accuracy) = 0;
    virtual void progressed(const SearchProgress& progress) = 0;
};

/// A search that was checked and can be run into a project.
struct PreparedSearch {
    SearchRequest request;
    SearchProblem problem;
    std::int64_t run = 0; ///< the one that goes on; 0: a new one
};

/// Puts the request's options, seed and time budget, and the journal of the run to resume, into a
/// problem that has network, data and targets. Writes nothing. Throws Error(Usage) when there is
/// nothing to resume, and whatever the method refuses.
PreparedSearch prepareSearch(Project& project, const SearchMethod& method,
                             const SearchRequest& request, SearchProblem problem);

/// How far a search came; right also when it was cancelled or failed.
struct SearchOutcome {
    bool is_complete = false; ///< nothing is left to do
    /// What the project's unfinished run was asked: this one, or an older one while this one has
    /// nothing to go on from.
    std::optional<SearchRequest> resumable;
};

/// Runs it: every point and accuracy is stored before the listener hears of it, each once (what a
/// resumed search finds again keeps its id), and the run is logged with its request and journal.
/// The project has the problem's network by now. Throws what the method throws.
void runSearch(Project& project, const SearchMethod& method, const PreparedSearch& search,
               SearchListener& listener, SearchOutcome& outcome, const std::stop_token& stop);

} // namespace bitdial
