// SPDX-License-Identifier: Apache-2.0
#include "core/search/search_context.h"

#include "core/learning/threads.h"

namespace bitdial {

SearchContext::SearchContext(const SearchProblem& problem, SearchObserver& observer,
                             std::stop_token stop, const std::string& key, double total_work)
    : m_problem(problem),
      m_observer(observer),
      m_stop(std::move(stop)),
      m_ledger(*problem.network, key, problem.journal, observer),
      m_meter(total_work),
      m_executor(problem.executor ? problem.executor
                                  : std::make_shared<ThreadExecutor>(learningThreads()))
{
}

void SearchContext::beginPhase(std::string phase)
{
    m_phase = std::move(phase);
    tick();
}

void SearchContext::tick()
{
    m_observer.progressed(m_meter.progress(m_phase));
}

void SearchContext::perform(
    const TaskPerformer& performer, const std::vector<TaskSpec>& tasks,
    const std::function<void(std::size_t task, std::optional<TaskResult>)>& deliver)
{
    const TaskRun run{tasks, [this] { return !outOfTime(); },
                      [this](double work) { m_meter.add(work); }, deliver, [this] { tick(); }};
    m_executor->run(performer, run, m_stop);
}

bool SearchContext::outOfTime() const
{
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - m_began;
    return m_problem.time_budget_s > 0 && spent.count() > m_problem.time_budget_s;
}

SearchEnd SearchContext::end()
{
    std::string text = m_out_of_time == 0 ? "done"
                                          : "time budget used, " + std::to_string(m_out_of_time) +
                                                " candidates left out";
    for (const auto& [reason, count] : m_left_out)
        text += "; " + std::to_string(count) + " left out, " + reason;
    m_observer.progressed({text, 1, 0, 0});
    return m_out_of_time == 0 ? SearchEnd::Complete : SearchEnd::OutOfTime;
}

} // namespace bitdial
