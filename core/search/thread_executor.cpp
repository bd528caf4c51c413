// SPDX-License-Identifier: Apache-2.0
#include "core/search/ordered_tasks.h"
#include "core/search/task.h"

#include <utility>

namespace bitdial {

void ThreadExecutor::run(const TaskPerformer& performer, const TaskRun& run,
                         const std::stop_token& stop)
{
    std::vector<std::optional<TaskResult>> results(run.tasks.size());
    OrderedTasks tasks{int(run.tasks.size()), m_threads, {}, {}, run.tick};
    tasks.work = [&](int task, const std::stop_token& stopped) {
        const auto i = std::size_t(task);
        if (!run.may_begin || run.may_begin())
            results[i] = performer.perform(run.tasks[i], run.worked, stopped);
    };
    tasks.deliver = [&](int task) {
        // Moved out: a result may hold megabytes, and there can be hundreds.
        run.deliver(std::size_t(task), std::exchange(results[std::size_t(task)], std::nullopt));
    };
    runOrdered(tasks, stop);
}

} // namespace bitdial
