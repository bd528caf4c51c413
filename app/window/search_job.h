// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/job_queue.h"
#include "app/window/point_feed.h"
#include "app/window/search_request.h"
#include "core/project/point_store.h"
#include "core/search/search_method.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// Makes a method by name; tests put their own in its place.
using SearchMethodFactory = std::function<std::unique_ptr<SearchMethod>(const std::string&)>;

/// How far a search came.
struct SearchOutcome {
    bool is_complete = false; ///< nothing is left to do
    /// What the project's checkpoint was begun with: this search, or an older one while this one
    /// has none yet.
    std::optional<SearchRequest> resumable;
};

/// Stores every point through the worker's own connection before the window hears of it. A point
/// that the project has already, found again by a resumed search, keeps its id.
class StoringObserver : public SearchObserver {
public:
    /// `outcome` is kept up to date; all references outlive the observer.
    StoringObserver(Project& project, const SearchRequest& request, JobContext& context,
                    PointFeed& feed, SearchOutcome& outcome);

    std::int64_t pointFound(const DesignPoint& point, const QuantizationState& state) override;
    void accuracyMeasured(std::int64_t id, const Accuracy& accuracy) override;
    void progressed(const SearchProgress& progress) override;
    void checkpointed(const std::string& checkpoint) override;

private:
    Project& m_project;
    const SearchRequest& m_request;
    JobContext& m_context;
    PointFeed& m_feed;
    SearchOutcome& m_outcome;
    PointStore m_store;
};

/// A search ready to run on a worker.
struct SearchWork {
    std::filesystem::path project;
    SearchRequest request;
    SearchProblem problem; ///< without its checkpoint
    std::shared_ptr<SearchMethod> method;
    std::shared_ptr<PointFeed> feed;
};

/// Runs it. The project keeps the checkpoint of a search that was interrupted or ran out of time;
/// `outcome` is right also when it throws. Throws Error(Usage) when there is nothing to resume.
void runSearch(const SearchWork& work, JobContext& context, SearchOutcome& outcome);

} // namespace bitdial
