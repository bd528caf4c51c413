// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace bitdial {

/// How far a job came. A negative fraction or time is not known.
struct JobProgress {
    QString phase;
    double fraction = -1; ///< 0..1
    double eta_low_s = -1;
    double eta_high_s = -1;
};

class JobQueue;

/// What a running job may use; on its worker thread.
class JobContext {
public:
    const std::stop_token& stop() const { return m_stop; }
    /// Throws Error(Cancelled) after a stop request.
    void checkStop() const;
    /// The latest progress is shown, at most 30 times a second.
    void progress(const JobProgress& progress);
    /// Runs the call on the queue's thread, in order and before the job's end; it is dropped when
    /// the queue is gone.
    void post(std::function<void()> call);

private:
    friend class JobQueue;
    JobContext(JobQueue* queue, std::stop_token stop) : m_queue(queue), m_stop(std::move(stop)) {}

    JobQueue* m_queue;
    std::stop_token m_stop;
};

/// Work for a worker thread. It captures by value what it needs; `done` or `failed` is called on
/// the queue's thread afterwards, never both.
struct Job {
    QString name;
    std::function<void(JobContext&)> work;
    std::function<void()> done;
    /// Error(Cancelled) when it was stopped. Other exceptions than Error arrive translated.
    std::function<void(const ErrorDetails&)> failed;
};

/// Runs jobs one after another on one worker thread. The queue lives on a thread with an event
/// loop; all functions are called there.
class JobQueue : public QObject {
    Q_OBJECT

public:
    explicit JobQueue(QObject* parent = nullptr);
    /// Stops and waits for the running job; no handler is called any more.
    ~JobQueue() override;

    /// Returns the job's number.
    int add(Job job);
    /// Stops a running job, or drops a waiting one; its `failed` is called later either way. A job
    /// that ended already is ignored.
    void cancel(int job);
    void cancelAll();

    /// How long jobs run before they are worth showing, from the next busy time on; 150 ms at
    /// first.
    void setPatience(std::chrono::milliseconds patience);
    bool isIdle() const { return !m_running && m_waiting.empty(); }
    /// Number of the running job; 0: none.
    int current() const { return m_running ? m_running->number : 0; }
    QString currentName() const { return m_running ? m_running->job.name : QString(); }
    /// Whether jobs have run long enough to be shown: what ends at once would only flicker.
    /// changed() tells when they have.
    bool isWorthShowing() const { return m_running && !m_patience_timer.isActive(); }
    bool isCancelling() const { return m_running && m_running->stop.stop_requested(); }
    const JobProgress& progress() const { return m_shown; }

Q_SIGNALS:
    /// A job began or ended, or its progress changed.
    void changed();
    /// The last job ended.
    void idle();

private:
    friend class JobContext;
    struct Entry {
        int number = 0;
        Job job;
        std::stop_source stop;
    };

    void post(std::function<void()> call);
    void runCalls();
    void startNext();
    void workLoop(const std::stop_token& stop);
    void announce(const JobProgress& progress);
    void showProgress();
    void end(std::optional<ErrorDetails> error);

    int m_last_number = 0;
    std::deque<Entry> m_waiting;
    std::optional<Entry> m_running;
    JobProgress m_shown;
    QTimer m_show_timer;
    QTimer m_patience_timer; ///< since the queue became busy
    bool m_busy = false;

    std::mutex m_mutex; ///< of what follows
    std::condition_variable_any m_wake;
    Entry* m_task = nullptr;                    ///< handed to the worker; lives in m_running
    std::vector<std::function<void()>> m_calls; ///< for the queue's thread, in order
    JobProgress m_latest;
    bool m_announced = false;
    std::jthread m_worker; ///< last: ends before what it uses
};

} // namespace bitdial
