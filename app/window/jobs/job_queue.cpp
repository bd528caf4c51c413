// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/job_queue.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace bitdial {
namespace {

constexpr int frame_ms = 33;
constexpr std::chrono::milliseconds usual_patience(150);

/// Work in the background uses every processor: the window's thread must come first. Threads that
/// this one starts inherit it. Where the system refuses, the window is only less smooth.
void yieldToTheWindow()
{
    constexpr int background_nice = 10;
    ::setpriority(PRIO_PROCESS, id_t(::gettid()), background_nice); // of the calling thread
}

ErrorDetails cancelled(const QString& name)
{
    return {ErrorCode::Cancelled, "Cancelled", name.toStdString(), "it was stopped",
            "Start it again to go on"};
}

/// Runs the work; what it throws becomes a value.
std::optional<ErrorDetails> outcome(const Job& job, JobContext& context)
{
    const auto name = job.name.toStdString();
    try {
        job.work(context);
        return std::nullopt;
    } catch (const Error& error) {
        return error.details();
    } catch (const std::bad_alloc&) {
        return ErrorDetails{ErrorCode::Failed, "Out of memory", name,
                            "the system gave no more memory", "Close other programs"};
    } catch (const std::exception& error) {
        return ErrorDetails{ErrorCode::Failed, "Unexpected failure", name, error.what(),
                            "Please report it with what you did"};
    }
}

} // namespace

void JobContext::checkStop() const
{
    if (m_stop.stop_requested())
        throw Error(cancelled({}));
}

void JobContext::progress(const JobProgress& progress)
{
    m_queue->announce(progress);
}

void JobContext::post(std::function<void()> call)
{
    m_queue->post(std::move(call));
}

JobQueue::JobQueue(QObject* parent) : QObject(parent)
{
    m_show_timer.setSingleShot(true);
    m_show_timer.setInterval(frame_ms);
    connect(&m_show_timer, &QTimer::timeout, this, &JobQueue::showProgress);
    m_patience_timer.setSingleShot(true);
    setPatience(usual_patience);
    connect(&m_patience_timer, &QTimer::timeout, this, &JobQueue::changed);
    m_worker = std::jthread([this](const std::stop_token& stop) {
        yieldToTheWindow();
        workLoop(stop);
    });
}

JobQueue::~JobQueue()
{
    if (m_running)
        m_running->stop.request_stop();
    m_worker.request_stop();
    m_worker.join();
}

void JobQueue::setPatience(std::chrono::milliseconds patience)
{
    m_patience_timer.setInterval(patience);
}

int JobQueue::add(Job job)
{
    // Once for all jobs of a busy time: what follows a job that is shown is shown at once.
    if (!std::exchange(m_busy, true))
        m_patience_timer.start();
    const int number = ++m_last_number;
    m_waiting.push_back({number, std::move(job), {}});
    startNext();
    return number;
}

void JobQueue::cancel(int job)
{
    if (m_running && m_running->number == job) {
        m_running->stop.request_stop();
        Q_EMIT changed();
        return;
    }
    const auto found = std::ranges::find(m_waiting, job, &Entry::number);
    if (found == m_waiting.end())
        return;
    auto dropped = std::move(found->job);
    m_waiting.erase(found);
    // Queued: the caller is told as if it had run, not from within its own call.
    post([dropped = std::move(dropped)] {
        if (dropped.failed)
            dropped.failed(cancelled(dropped.name));
    });
}

void JobQueue::cancelAll()
{
    while (!m_waiting.empty())
        cancel(m_waiting.back().number);
    cancel(current());
}

/// What is posted goes through our own lock, where a race would be seen, not through the event.
void JobQueue::post(std::function<void()> call)
{
    {
        const std::lock_guard lock(m_mutex);
        m_calls.push_back(std::move(call));
    }
    QMetaObject::invokeMethod(this, &JobQueue::runCalls, Qt::QueuedConnection);
}

void JobQueue::runCalls()
{
    std::vector<std::function<void()>> calls;
    {
        const std::lock_guard lock(m_mutex);
        std::swap(calls, m_calls);
    }
    for (const auto& call : calls)
        call();
}

void JobQueue::startNext()
{
    if (m_running || m_waiting.empty())
        return;
    m_running.emplace(std::move(m_waiting.front()));
    m_waiting.pop_front();
    m_shown = {};
    {
        const std::lock_guard lock(m_mutex);
        m_task = &*m_running;
        m_latest = {};
    }
    m_wake.notify_one();
    Q_EMIT changed();
}

void JobQueue::workLoop(const std::stop_token& stop)
{
    while (true) {
        Entry* task = nullptr;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return m_task != nullptr; }))
                return;
            task = std::exchange(m_task, nullptr);
        }
        // The entry stays in m_running until its end was handled on the queue's thread.
        JobContext context(this, task->stop.get_token());
        auto error = outcome(task->job, context);
        // What the work holds (a project's connection) ends here, not on the window's thread.
        task->job.work = nullptr;
        if (stop.stop_requested())
            return;
        post([this, error = std::move(error)] { end(error); });
    }
}

void JobQueue::announce(const JobProgress& progress)
{
    {
        const std::lock_guard lock(m_mutex);
        m_latest = progress;
        if (std::exchange(m_announced, true))
            return;
    }
    post([this] {
        if (!m_show_timer.isActive())
            m_show_timer.start();
    });
}

void JobQueue::showProgress()
{
    {
        const std::lock_guard lock(m_mutex);
        m_shown = m_latest;
        m_announced = false;
    }
    if (m_running)
        Q_EMIT changed();
}

void JobQueue::end(std::optional<ErrorDetails> error)
{
    m_show_timer.stop();
    showProgress(); // the last one counts
    const Entry ended = std::move(*m_running);
    m_running.reset();
    m_shown = {};
    if (error && ended.job.failed)
        ended.job.failed(*error);
    else if (!error && ended.job.done)
        ended.job.done();
    startNext();
    if (isIdle()) {
        m_busy = false;
        m_patience_timer.stop();
        Q_EMIT changed();
        Q_EMIT idle();
    }
}

} // namespace bitdial
