// SPDX-License-Identifier: Apache-2.0
#include "core/session/search_session.h"

#include "core/base/error.h"
#include "core/project/point_store.h"
#include "core/project/run_log.h"

namespace bitdial {
namespace {

/// Stores first, and tells then.
class StoringObserver : public SearchObserver {
public:
    StoringObserver(Project& project, RunLog& log, std::int64_t run, SearchListener& listener)
        : m_log(log), m_run(run), m_listener(listener), m_store(project, run)
    {
    }

    void pointFound(const DesignPoint& point, const EncodedState* state,
                    const std::string& parent_key) override
    {
        const auto stored = m_store.add(point, state, parent_key);
        if (stored.is_new) {
            m_listener.pointStored(stored.point);
            return;
        }
        for (const auto& accuracy : point.accuracies)
            accuracyMeasured(pointKey(stored.point), accuracy);
    }
    void accuracyMeasured(const std::string& key, const Accuracy& accuracy) override
    {
        if (const auto id = m_store.addAccuracy(key, accuracy); id != 0)
            m_listener.accuracyStored(id, accuracy);
    }
    void progressed(const SearchProgress& progress) override { m_listener.progressed(progress); }
    void journalled(const std::string& entry) override { m_log.append(m_run, entry); }

private:
    RunLog& m_log;
    std::int64_t m_run;
    SearchListener& m_listener;
    PointStore m_store;
};

/// A run in the log while the method works; ended as interrupted unless it says otherwise.
class LoggedRun {
public:
    LoggedRun(RunLog& log, std::int64_t id) : m_log(log), m_id(id) {}
    ~LoggedRun()
    {
        if (m_is_ended)
            return;
        try {
            m_log.end(m_id, RunStatus::Interrupted);
        } catch (const Error&) {
            // The project cannot be written: the run stays "running", as after a kill, and can go
            // on all the same.
            return;
        }
    }
    LoggedRun(const LoggedRun&) = delete;
    LoggedRun& operator=(const LoggedRun&) = delete;
    void end(RunStatus status)
    {
        m_is_ended = true;
        m_log.end(m_id, status);
    }

private:
    RunLog& m_log;
    std::int64_t m_id;
    bool m_is_ended = false;
};

/// What the unfinished run of the project was asked, after a search ended.
std::optional<SearchRequest> resumableAfter(Project& project, const RunLog& log,
                                            const SearchRequest& request, std::int64_t run)
{
    const auto unfinished = log.unfinished(request.method);
    if (!unfinished)
        return std::nullopt;
    auto resumable = unfinished->id == run
                         ? std::optional(request)
                         : resumableRequest(project, project.points(), request.method);
    if (resumable)
        resumable->resume = false;
    return resumable;
}

} // namespace

PreparedSearch prepareSearch(Project& project, const SearchMethod& method,
                             const SearchRequest& request, SearchProblem problem)
{
    problem.options = request.options;
    problem.budgets = request.budgets;
    problem.locks = request.locks;
    problem.seed = request.seed;
    problem.time_budget_s = request.time_budget_s;
    std::int64_t id = 0;
    if (request.resume) {
        const RunLog log(project);
        const auto run = log.unfinished(request.method);
        if (!run)
            throw Error(ErrorCode::Usage, "There is no search to resume", project.path().string(),
                        "the project has no unfinished run of " + request.method,
                        "Start the search anew");
        id = run->id;
        problem.journal = log.journal(id);
    }
    method.check(problem);
    return {request, std::move(problem), id};
}

void runSearch(Project& project, const SearchMethod& method, const PreparedSearch& search,
               SearchListener& listener, SearchOutcome& outcome, const std::stop_token& stop)
{
    const SearchRequest& request = search.request;
    RunLog log(project);
    if (search.run != 0)
        log.goOn(search.run);
    const std::int64_t run =
        search.run != 0 ? search.run : log.begin(request.method, toJson(request));
    LoggedRun logged(log, run);
    try {
        StoringObserver observer(project, log, run, listener);
        const auto end = method.run(search.problem, observer, stop);
        outcome.is_complete = end == SearchEnd::Complete;
        logged.end(outcome.is_complete ? RunStatus::Done : RunStatus::Interrupted);
    } catch (...) {
        outcome.resumable = resumableAfter(project, log, request, run);
        throw;
    }
    outcome.resumable = resumableAfter(project, log, request, run);
}

} // namespace bitdial
