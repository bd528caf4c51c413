// SPDX-License-Identifier: Apache-2.0
#include "core/learning/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

namespace bitdial {
namespace {

std::atomic<int> wanted_threads = 0; ///< 0: the usual ones
thread_local int single_threaded = 0;

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

void useLearningThreads()
{
    const int threads = single_threaded > 0 ? 1 : learningThreads();
    if (at::get_num_threads() != threads)
        at::set_num_threads(threads);
}

SingleThreadedLearning::SingleThreadedLearning()
{
    ++single_threaded;
}

SingleThreadedLearning::~SingleThreadedLearning()
{
    --single_threaded;
}

} // namespace bitdial
