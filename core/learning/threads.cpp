// SPDX-License-Identifier: Apache-2.0
#include "core/learning/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace bitdial {
namespace {

/// The tensor library's thread count is the process's: searches that overlap must agree on who
/// lowers it and who puts it back.
std::mutex mutex;
int single_threaded = 0;
int threads_before = 0;

} // namespace

void setLearningThreads(int threads)
{
    const std::lock_guard lock(mutex);
    if (single_threaded > 0)
        threads_before = threads;
    else
        at::set_num_threads(threads);
}

int learningThreads()
{
    const std::lock_guard lock(mutex);
    return single_threaded > 0 ? threads_before : at::get_num_threads();
}

int usualThreads()
{
    const char* wanted = std::getenv("OMP_NUM_THREADS");
    const int number = wanted == nullptr ? 0 : std::atoi(wanted);
    return number > 0 ? number : int(std::max(1U, std::thread::hardware_concurrency()));
}

SingleThreadedLearning::SingleThreadedLearning()
{
    const std::lock_guard lock(mutex);
    if (single_threaded++ == 0) {
        threads_before = at::get_num_threads();
        at::set_num_threads(1);
    }
}

SingleThreadedLearning::~SingleThreadedLearning()
{
    const std::lock_guard lock(mutex);
    if (--single_threaded == 0)
        at::set_num_threads(threads_before);
}

} // namespace bitdial
