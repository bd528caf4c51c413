// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/job_queue.h"
#include "app/window/point_feed.h"
#include "app/window/project_loading.h"
#include "core/project/project.h"
#include "core/search/search_method.h"

#include <cstdint>
#include <map>
#include <memory>
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

/// Makes a method by name; tests put their own in its place.
using SearchMethodFactory = std::function<std::unique_ptr<SearchMethod>(const std::string&)>;

/// The request of the project's latest search by this method, read from its points; the defaults
/// where there is none. So that an interrupted search can go on with what it was begun with.
SearchRequest latestRequest(const std::vector<PointRow>& rows, const std::string& method);

/// Stores every point through the worker's own connection before the window hears of it. A point
/// that the project has already, found again by a resumed search, keeps its id.
class StoringObserver : public SearchObserver {
public:
    StoringObserver(Project& project, std::string method, CostModels models, JobContext& context,
                    PointFeed& feed);

    std::int64_t pointFound(const DesignPoint& point, const QuantizationState& state) override;
    void accuracyMeasured(std::int64_t id, const Accuracy& accuracy) override;
    void progressed(const SearchProgress& progress) override;
    void checkpointed(const std::string& checkpoint) override;
    /// Whether there is something to resume.
    bool hasMoreToDo() const { return m_has_more_to_do; }

private:
    Project& m_project;
    std::string m_method;
    CostModels m_models;
    JobContext& m_context;
    PointFeed& m_feed;
    std::vector<DesignPoint> m_points; ///< everything in the project
    bool m_has_more_to_do = false;
};

/// A search ready to run on a worker.
struct SearchWork {
    std::filesystem::path project;
    SearchRequest request;
    SearchProblem problem; ///< without its checkpoint
    CostModels models;     ///< of all open profiles, in their order
    std::shared_ptr<SearchMethod> method;
    std::shared_ptr<PointFeed> feed;
};

/// Runs it; true: all of it, false: as far as its time budget went. The project keeps the
/// checkpoint of a search that was interrupted or ran out of time.
bool runSearch(const SearchWork& work, JobContext& context);

} // namespace bitdial
