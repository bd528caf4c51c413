// SPDX-License-Identifier: Apache-2.0
// LibTorch keeps a thread count for each thread from its first operation on.
#include "core/learning/threads.h"
#include "core/learning/torch_threads.h"

#include <ATen/Parallel.h>
#include <QtTest>

#include <thread>

using namespace bitdial;

namespace {

int threadsNow()
{
    useLearningThreads();
    return at::get_num_threads();
}

} // namespace

class TestThreads : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { setLearningThreads(2); }

    void aThreadUsedBeforeIsSingleWhileAsked()
    {
        QCOMPARE(threadsNow(), 2);
        {
            const SingleThreadedLearning alone;
            QCOMPARE(threadsNow(), 1);
        }
        QCOMPARE(threadsNow(), 2);
    }

    void aThreadFirstUsedMeanwhileIsNotSingleForLife()
    {
        std::jthread([] {
            {
                const SingleThreadedLearning alone;
                QCOMPARE(threadsNow(), 1);
            }
            QCOMPARE(threadsNow(), 2);
        }).join();
    }

    void othersAreNotTouched()
    {
        const SingleThreadedLearning alone;
        int others = 0;
        std::jthread([&] { others = threadsNow(); }).join();
        QCOMPARE(others, 2);
        QCOMPARE(threadsNow(), 1);
        QCOMPARE(learningThreads(), 2);
    }

    void aChangeHoldsForAllThreads()
    {
        QCOMPARE(threadsNow(), 2);
        setLearningThreads(1);
        QCOMPARE(threadsNow(), 1);
    }
};

QTEST_GUILESS_MAIN(TestThreads)
#include "tst_threads.moc"
