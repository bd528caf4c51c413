// SPDX-License-Identifier: Apache-2.0
#include "app/window/search_job.h"

#include "core/base/sha256.h"

#include <algorithm>

namespace bitdial {

StoringObserver::StoringObserver(Project& project, const SearchRequest& request,
                                 JobContext& context, PointFeed& feed, SearchOutcome& outcome)
    : m_project(project),
      m_request(request),
      m_context(context),
      m_feed(feed),
      m_outcome(outcome),
      m_points(project.points())
{
}

std::int64_t StoringObserver::pointFound(const DesignPoint& point, const QuantizationState& state)
{
    DesignPoint stored = point;
    if (stored.provenance.network_hash.empty())
        stored.provenance.network_hash = m_project.network()->hash();
    // A float reference comes without steps: there is nothing to keep.
    const bool has_state = state.parameters != nullptr;
    if (has_state)
        stored.state_hash = sha256Hex(toBytes(state));
    const auto known = std::ranges::find_if(m_points, [&](const DesignPoint& other) {
        return other.assignment == stored.assignment && other.provenance == stored.provenance &&
               other.state_hash == stored.state_hash;
    });
    if (known != m_points.end()) {
        const auto id = known->id;
        for (const auto& accuracy : point.accuracies)
            accuracyMeasured(id, accuracy);
        return id;
    }
    stored.id = m_project.addPoint(stored, has_state ? &state : nullptr);
    m_points.push_back(stored);
    m_feed.addPoint(stored);
    return stored.id;
}

void StoringObserver::accuracyMeasured(std::int64_t id, const Accuracy& accuracy)
{
    const auto point = std::ranges::find(m_points, id, &DesignPoint::id);
    if (point != m_points.end()) {
        if (std::ranges::find(point->accuracies, accuracy) != point->accuracies.end())
            return;
        point->accuracies.push_back(accuracy);
    }
    m_project.addAccuracy(id, accuracy);
    m_feed.addAccuracy(id, accuracy);
}

void StoringObserver::progressed(const SearchProgress& progress)
{
    m_context.progress({QString::fromStdString(progress.phase), progress.fraction,
                        progress.eta_low_s, progress.eta_high_s});
}

void StoringObserver::checkpointed(const std::string& checkpoint)
{
    storeCheckpoint(m_project, m_request, checkpoint);
    m_outcome.is_complete = checkpoint.empty();
    m_outcome.resumable = checkpoint.empty() ? std::nullopt : std::optional(m_request);
}

void runSearch(const SearchWork& work, JobContext& context, SearchOutcome& outcome)
{
    const auto project = Project::open(work.project);
    auto problem = work.problem;
    if (work.request.resume)
        problem.checkpoint = project->checkpoint(work.request.method);
    if (work.request.resume && problem.checkpoint.empty())
        throw Error(ErrorCode::Usage, "There is no search to resume", work.project.string(),
                    "the project has no checkpoint of " + work.request.method,
                    "Start the search anew");
    StoringObserver observer(*project, work.request, context, *work.feed, outcome);
    work.method->run(problem, observer, context.stop());
}

} // namespace bitdial
