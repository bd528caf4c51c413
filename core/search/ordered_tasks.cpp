// SPDX-License-Identifier: Apache-2.0
#include "core/search/ordered_tasks.h"

#include "core/base/error.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace bitdial {
namespace {

/// What workers and caller share.
class TaskBoard {
public:
    explicit TaskBoard(const OrderedTasks& tasks)
        : m_tasks(tasks), m_finished(std::size_t(tasks.count), false)
    {
    }

    void work(const std::stop_token& stop)
    {
        for (;;) {
            int task = 0;
            {
                const std::lock_guard lock(m_mutex);
                if (m_next == m_tasks.count || m_failure || stop.stop_requested())
                    return;
                task = m_next++;
            }
            std::exception_ptr failure;
            try {
                m_tasks.work(task, stop);
            } catch (...) {
                failure = std::current_exception();
            }
            const std::lock_guard lock(m_mutex);
            if (failure && !m_failure)
                m_failure = failure;
            m_finished[std::size_t(task)] = !failure;
            m_changed.notify_one();
        }
    }

    /// Waits for a task to end, but no longer than a stop request may take to be seen.
    void wait()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, std::chrono::milliseconds(50));
    }
    bool isFinished(int task)
    {
        const std::lock_guard lock(m_mutex);
        return m_finished[std::size_t(task)];
    }
    std::exception_ptr failure()
    {
        const std::lock_guard lock(m_mutex);
        return m_failure;
    }

private:
    const OrderedTasks& m_tasks;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<bool> m_finished;
    std::exception_ptr m_failure;
    int m_next = 0;
};

} // namespace

void runOrdered(const OrderedTasks& tasks, const std::stop_token& stop)
{
    TaskBoard board(tasks);
    int delivered = 0;
    {
        std::vector<std::jthread> workers; // their destructors request a stop and join
        const int count = std::min(tasks.workers, tasks.count);
        workers.reserve(std::size_t(count));
        for (int i = 0; i < count; ++i)
            workers.emplace_back([&board](const std::stop_token& own) { board.work(own); });
        while (delivered < tasks.count && !board.failure() && !stop.stop_requested()) {
            board.wait();
            for (; delivered < tasks.count && board.isFinished(delivered); ++delivered)
                tasks.deliver(delivered);
            if (tasks.tick)
                tasks.tick();
        }
        for (auto& worker : workers)
            worker.request_stop();
    }
    if (delivered == tasks.count)
        return;
    for (int task = delivered; task < tasks.count; ++task)
        if (board.isFinished(task))
            tasks.deliver(task);
    const auto failure = board.failure();
    if (failure && !stop.stop_requested())
        std::rethrow_exception(failure);
    throw Error(ErrorCode::Cancelled, "The search was cancelled", "", "",
                "Resume it to go on where it stopped");
}

} // namespace bitdial
