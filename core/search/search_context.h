// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/ledger.h"
#include "core/search/progress_meter.h"
#include "core/search/search_method.h"
#include "core/search/task.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// What the parts of one run of a method share: its problem and observer, what was done, how much
/// there is to do, and what was left out. One thread only, but for the meter.
class SearchContext {
public:
    /// `key` is the ledger's; `total_work` the meter's. Throws as Ledger does. Problem and observer
    /// outlive the context.
    SearchContext(const SearchProblem& problem, SearchObserver& observer, std::stop_token stop,
                  const std::string& key, double total_work);

    const SearchProblem& problem() const { return m_problem; }
    SearchObserver& observer() { return m_observer; }
    const std::stop_token& stop() const { return m_stop; }
    Ledger& ledger() { return m_ledger; }
    ProgressMeter& meter() { return m_meter; }

    /// Tells of it, too.
    void beginPhase(std::string phase);
    /// Tells how far the run came.
    void tick();
    /// Has tasks done where this run's are, until the time is up, and tells how far it came.
    void perform(const TaskPerformer& performer, const std::vector<TaskSpec>& tasks,
                 const std::function<void(std::size_t task, std::optional<TaskResult>)>& deliver);
    bool outOfTime() const; ///< any thread
    void leaveOutForTime() { ++m_out_of_time; }
    void leaveOut(const std::string& reason) { ++m_left_out[reason]; }

    /// Tells what is left out, in words, and says so.
    SearchEnd end();

private:
    const SearchProblem& m_problem;
    SearchObserver& m_observer;
    std::stop_token m_stop;
    Ledger m_ledger;
    ProgressMeter m_meter;
    std::shared_ptr<TaskExecutor> m_executor;
    std::string m_phase;
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();
    int m_out_of_time = 0;                 ///< candidates
    std::map<std::string, int> m_left_out; ///< candidates by the reason
};

} // namespace bitdial
