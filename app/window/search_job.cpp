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
      m_store(project)
{
}

std::int64_t StoringObserver::pointFound(const DesignPoint& point, const QuantizationState& state)
{
    const auto stored = m_store.add(point, state);
    if (stored.is_new)
        m_feed.addPoint(stored.point);
    else
        for (const auto& accuracy : point.accuracies)
            accuracyMeasured(stored.point.id, accuracy);
    return stored.point.id;
}

void StoringObserver::accuracyMeasured(std::int64_t id, const Accuracy& accuracy)
{
    if (m_store.addAccuracy(id, accuracy))
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
