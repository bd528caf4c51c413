// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/job_queue.h"
#include "app/window/jobs/point_feed.h"
#include "tests/support/patience.h"

#include <QSignalSpy>
#include <QtTest>

#include <atomic>
#include <chrono>
#include <thread>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Waits for a stop request as a job that has nothing else to look at.
void waitForStop(JobContext& context)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, context.stop(), [] { return false; });
    context.checkStop();
}

} // namespace

class TestJobQueue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jobsRunOneAfterAnotherOffThisThread()
    {
        JobQueue queue;
        std::atomic<int> running{0};
        std::atomic<bool> overlapped{false};
        QStringList ended;
        const auto here = std::this_thread::get_id();
        std::atomic<bool> elsewhere{true};
        for (int i = 0; i < 5; ++i)
            queue.add({QString::number(i),
                       [&](JobContext&) {
                           overlapped = overlapped || ++running > 1;
                           elsewhere = elsewhere && std::this_thread::get_id() != here;
                           --running;
                       },
                       [&, i] {
                           QCOMPARE(std::this_thread::get_id(), here);
                           ended << QString::number(i);
                       },
                       {}});
        QSignalSpy idle(&queue, &JobQueue::idle);
        QVERIFY(idle.wait(patience_ms));
        QCOMPARE(ended, QStringList({"0", "1", "2", "3", "4"}));
        QVERIFY(!overlapped);
        QVERIFY(elsewhere);
        QVERIFY(queue.isIdle());
    }

    void errorsArriveAsValues()
    {
        JobQueue queue;
        std::vector<ErrorDetails> errors;
        const auto keep = [&](const ErrorDetails& error) { errors.push_back(error); };
        const auto never = [] { QFAIL("it failed"); };
        queue.add(
            {"refused",
             [](JobContext&) { throw Error(ErrorCode::BadInput, "what", "where", "why", "next"); },
             never, keep});
        queue.add(
            {"foreign", [](JobContext&) { throw std::runtime_error("surprise"); }, never, keep});
        QSignalSpy idle(&queue, &JobQueue::idle);
        QVERIFY(idle.wait(patience_ms));
        QCOMPARE(errors.size(), std::size_t(2));
        QCOMPARE(errors[0].code, ErrorCode::BadInput);
        QCOMPARE(errors[0].next, std::string("next"));
        QCOMPARE(errors[1].code, ErrorCode::Failed);
        QCOMPARE(errors[1].where, std::string("foreign"));
        QCOMPARE(errors[1].why, std::string("surprise"));
    }

    void cancelEndsTheRunningJobAndDropsAWaitingOne()
    {
        JobQueue queue;
        int cancelled = 0;
        bool third = false;
        const auto count = [&](const ErrorDetails& error) {
            cancelled += error.code == ErrorCode::Cancelled;
        };
        const int first = queue.add({"first", waitForStop, {}, count});
        const int second = queue.add({"second", waitForStop, {}, count});
        queue.add({"third", [](JobContext&) {}, [&] { third = true; }, count});
        queue.cancel(second);
        QCOMPARE(cancelled, 0); // told later, not from within the call
        QSignalSpy changed(&queue, &JobQueue::changed);
        queue.cancel(first);
        QVERIFY(queue.isCancelling()); // acknowledged before it ends
        QCOMPARE(changed.count(), 1);
        QSignalSpy idle(&queue, &JobQueue::idle);
        QVERIFY(idle.wait(patience_ms));
        QCOMPARE(cancelled, 2);
        QVERIFY(third);
        queue.cancel(first); // gone: ignored
    }

    void briefJobsAreNotShown()
    {
        JobQueue queue;
        queue.setPatience(std::chrono::hours(1)); // that no machine is too slow for
        bool shown = false;
        connect(&queue, &JobQueue::changed, &queue,
                [&] { shown = shown || queue.isWorthShowing(); });
        queue.add({"brief", [](JobContext&) {}, {}, {}});
        QVERIFY(!queue.isWorthShowing());
        QSignalSpy idle(&queue, &JobQueue::idle);
        QVERIFY(idle.wait(patience_ms));
        QVERIFY(!queue.isWorthShowing());
        QVERIFY(!shown);
        queue.setPatience(std::chrono::milliseconds(1));
        const int longer = queue.add({"longer", waitForStop, {}, {}});
        const int next = queue.add({"next", waitForStop, {}, {}});
        QVERIFY(!queue.isWorthShowing());
        BITDIAL_TRY_VERIFY(shown); // told by the signal
        QVERIFY(queue.isWorthShowing());
        queue.cancel(longer);
        BITDIAL_TRY_COMPARE(queue.current(), next);
        QVERIFY(queue.isWorthShowing()); // it does not vanish in between
        queue.cancel(next);
        QVERIFY(idle.wait(patience_ms));
        QVERIFY(!queue.isWorthShowing());
    }

    void postsComeInOrderBeforeTheEnd()
    {
        JobQueue queue;
        QStringList seen;
        queue.add({"posting",
                   [&](JobContext& context) {
                       for (int i = 0; i < 3; ++i)
                           context.post([&seen, i] { seen << QString::number(i); });
                   },
                   [&] { seen << "end"; },
                   {}});
        QSignalSpy idle(&queue, &JobQueue::idle);
        QVERIFY(idle.wait(patience_ms));
        QCOMPARE(seen, QStringList({"0", "1", "2", "end"}));
    }

    void progressIsThinnedOutAndTheLastOneCounts()
    {
        JobQueue queue;
        constexpr int steps = 20000;
        queue.add({"fast",
                   [](JobContext& context) {
                       for (int i = 1; i <= steps; ++i)
                           context.progress({"phase", double(i) / steps, -1, -1});
                   },
                   {},
                   {}});
        double last = 0;
        int changes = 0;
        connect(&queue, &JobQueue::changed, this, [&] {
            ++changes;
            last = std::max(last, queue.progress().fraction);
        });
        QSignalSpy idle(&queue, &JobQueue::idle);
        QVERIFY(idle.wait(patience_ms));
        QVERIFY(changes < steps / 10);
        QCOMPARE(last, 1.0);
    }

    void destroyingTheQueueStopsItsJob()
    {
        std::atomic<bool> ended{false};
        {
            JobQueue queue;
            queue.add({"endless",
                       [&](JobContext& context) {
                           try {
                               waitForStop(context);
                           } catch (const Error&) {
                               ended = true;
                               throw;
                           }
                       },
                       {},
                       [](const ErrorDetails&) { QFAIL("nobody is there any more"); }});
        }
        QVERIFY(ended);
        QCoreApplication::processEvents();
    }

    void theFeedDeliversEverythingInBatches()
    {
        int batches = 0;
        std::vector<std::int64_t> ids;
        int accuracies = 0;
        PointFeed feed([&](PointFeed::Batch batch) {
            ++batches;
            for (const auto& point : batch.points)
                ids.push_back(point.id);
            accuracies += int(batch.accuracies.size());
        });
        constexpr int count = 5000;
        std::jthread worker([&] {
            for (int i = 1; i <= count; ++i) {
                DesignPoint point;
                point.id = i;
                feed.addPoint(std::move(point));
                feed.addAccuracy(i, {});
            }
        });
        BITDIAL_TRY_COMPARE(int(ids.size()), count);
        BITDIAL_TRY_COMPARE(accuracies, count);
        QVERIFY(std::ranges::is_sorted(ids));
        QVERIFY(batches < count / 10);
    }
};

QTEST_GUILESS_MAIN(TestJobQueue)
#include "tst_job_queue.moc"
