// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/search/ordered_tasks.h"

#include <QtTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace bitdial;

class TestOrderedTasks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void deliversInOrder();
    void aFailureEndsAll();
    void cancellingKeepsWhatIsFinished();
};

void TestOrderedTasks::deliversInOrder()
{
    std::vector<int> results(20);
    std::vector<int> delivered;
    OrderedTasks tasks;
    tasks.count = 20;
    tasks.workers = 3;
    tasks.work = [&](int task, const std::stop_token&) {
        std::this_thread::sleep_for(std::chrono::milliseconds((task * 7) % 5));
        results[std::size_t(task)] = task * task;
    };
    tasks.deliver = [&](int task) { delivered.push_back(results[std::size_t(task)]); };
    runOrdered(tasks, {});
    QCOMPARE(delivered.size(), std::size_t(20));
    for (int i = 0; i < 20; ++i)
        QCOMPARE(delivered[std::size_t(i)], i * i);
}

void TestOrderedTasks::aFailureEndsAll()
{
    std::atomic<int> begun = 0;
    std::vector<int> delivered;
    OrderedTasks tasks;
    tasks.count = 1000;
    tasks.workers = 2;
    tasks.work = [&](int task, const std::stop_token&) {
        ++begun;
        if (task == 3)
            throw Error(ErrorCode::Failed, "task 3", "", "", "");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    tasks.deliver = [&](int task) { delivered.push_back(task); };
    try {
        runOrdered(tasks, {});
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Failed);
    }
    QVERIFY(begun < 1000);
    // Work that was done is not thrown away: all but the one that failed.
    QCOMPARE(int(delivered.size()), begun - 1);
    QVERIFY(std::ranges::find(delivered, 3) == delivered.end());
}

void TestOrderedTasks::cancellingKeepsWhatIsFinished()
{
    std::stop_source stop;
    std::vector<int> delivered;
    OrderedTasks tasks;
    tasks.count = 3;
    tasks.workers = 3;
    std::atomic<int> finished = 0;
    tasks.work = [&](int task, const std::stop_token& own) {
        while (task == 0 && !own.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (task == 0)
            throw Error(ErrorCode::Cancelled, "task 0", "", "", "");
        ++finished;
    };
    tasks.tick = [&] {
        if (finished == 2)
            stop.request_stop();
    };
    tasks.deliver = [&](int task) { delivered.push_back(task); };
    try {
        runOrdered(tasks, stop.get_token());
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Cancelled);
    }
    QCOMPARE(delivered, (std::vector<int>{1, 2}));
}

QTEST_GUILESS_MAIN(TestOrderedTasks)
#include "tst_ordered_tasks.moc"
