// SPDX-License-Identifier: Apache-2.0
#include "core/learning/threads.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <thread>
#include <utility>

namespace bitdial {
namespace {

std::atomic<int> wanted_threads = 0; ///< 0: the usual ones
/// Of operations called on this thread. Not begun with zeros: of a program whose thread-local data
/// are all zero, mold 1.10 can write a header with which it does not start.
thread_local int most_threads = std::numeric_limits<int>::max();

} // namespace

void setLearningThreads(int threads)
{
    wanted_threads = threads;
}

int learningThreads()
{
    const int wanted = wanted_threads;
    return wanted > 0 ? wanted : usualThreads();
}

int usualThreads()
{
    const char* wanted = std::getenv("OMP_NUM_THREADS");
    const int number = wanted == nullptr ? 0 : std::atoi(wanted);
    return number > 0 ? number : int(std::max(1U, std::thread::hardware_concurrency()));
}

int learningThreadsHere()
{
    return std::min(most_threads, learningThreads());
}

SingleThreadedLearning::SingleThreadedLearning() : m_before(std::exchange(most_threads, 1)) {}

SingleThreadedLearning::~SingleThreadedLearning()
{
    most_threads = m_before;
}

} // namespace bitdial
