// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/search_job.h"

namespace bitdial {
namespace {

class FeedListener : public SearchListener {
public:
    FeedListener(JobContext& context, PointFeed& feed) : m_context(context), m_feed(feed) {}

    void pointStored(const DesignPoint& point) override { m_feed.addPoint(point); }
    void accuracyStored(std::int64_t point, const Accuracy& accuracy) override
    {
        m_feed.addAccuracy(point, accuracy);
    }
    void progressed(const SearchProgress& progress) override
    {
        m_context.progress({QString::fromStdString(progress.phase), progress.fraction,
                            progress.eta_low_s, progress.eta_high_s});
    }

private:
    JobContext& m_context;
    PointFeed& m_feed;
};

} // namespace

void runSearchJob(const SearchWork& work, JobContext& context, SearchOutcome& outcome)
{
    const auto project = Project::connect(work.project);
    const auto search = prepareSearch(*project, *work.method, work.request, work.problem);
    FeedListener listener(context, *work.feed);
    runSearch(*project, *work.method, search, listener, outcome, context.stop());
}

} // namespace bitdial
