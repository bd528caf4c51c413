// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// A piece of a method's work as a value: with the problem it says all that another thread, another
/// process or another machine needs to do it.
struct TaskSpec {
    std::string kind;  ///< the method's word for it: "gates", "candidate"
    std::string name;  ///< unique in a run; names it in the ledger
    std::string input; ///< JSON
};

/// What came of it.
struct TaskResult {
    std::string output;                        ///< JSON
    std::vector<std::vector<std::byte>> blobs; ///< numbers, where there are any
};

/// Tells how much work was done since the last call, in the meter's unit. Any thread.
using WorkDone = std::function<void(double work)>;

/// Does a method's tasks for one problem.
class TaskPerformer {
public:
    virtual ~TaskPerformer() = default;
    /// Any thread, several at a time. Throws Error; Error(Cancelled) after a stop request.
    virtual TaskResult perform(const TaskSpec& task, const WorkDone& worked,
                               const std::stop_token& stop) const = 0;
};

/// Tasks to do, and who is told of them.
struct TaskRun {
    std::vector<TaskSpec> tasks;
    /// Asked before each task; false leaves it undone. Any thread.
    std::function<bool()> may_begin;
    WorkDone worked;
    /// Called in the order of the tasks, on the calling thread; none: it was left undone.
    std::function<void(std::size_t task, std::optional<TaskResult> result)> deliver;
    std::function<void()> tick; ///< about ten times a second, on the calling thread
};

/// Where tasks are done.
class TaskExecutor {
public:
    virtual ~TaskExecutor() = default;
    /// Returns when all are delivered. The first error of a task ends the others and is thrown
    /// again; after a stop request Error(Cancelled) is thrown. In both cases whatever is finished
    /// is delivered before. An exception of `deliver` ends everything at once.
    virtual void run(const TaskPerformer& performer, const TaskRun& run,
                     const std::stop_token& stop) = 0;
};

/// On threads of this process.
class ThreadExecutor : public TaskExecutor {
public:
    explicit ThreadExecutor(int threads) : m_threads(threads) {}
    void run(const TaskPerformer& performer, const TaskRun& run,
             const std::stop_token& stop) override;

private:
    int m_threads;
};

} // namespace bitdial
