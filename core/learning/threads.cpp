// SPDX-License-Identifier: Apache-2.0
#include "core/learning/threads.h"

#include <ATen/Parallel.h>

namespace bitdial {

void setLearningThreads(int threads)
{
    at::set_num_threads(threads);
}

int learningThreads()
{
    return at::get_num_threads();
}

SingleThreadedLearning::SingleThreadedLearning() : m_before(at::get_num_threads())
{
    at::set_num_threads(1);
}

SingleThreadedLearning::~SingleThreadedLearning()
{
    at::set_num_threads(m_before);
}

} // namespace bitdial
