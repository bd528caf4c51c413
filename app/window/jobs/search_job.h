// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/job_queue.h"
#include "app/window/jobs/point_feed.h"
#include "core/session/search_session.h"

#include <filesystem>
#include <memory>

namespace bitdial {

/// A search ready to run on a worker.
struct SearchWork {
    std::filesystem::path project;
    SearchRequest request;
    SearchProblem problem; ///< network, data and targets
    std::shared_ptr<const SearchMethod> method;
    std::shared_ptr<PointFeed> feed;
};

/// Runs it through the worker's own connection; the window hears of points by the feed. `outcome`
/// is right also when it throws.
void runSearchJob(const SearchWork& work, JobContext& context, SearchOutcome& outcome);

} // namespace bitdial
