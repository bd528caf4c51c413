// SPDX-License-Identifier: Apache-2.0
#include "core/learning/torch_threads.h"

#include "core/learning/threads.h"

#include <ATen/Parallel.h>

namespace bitdial {

void useLearningThreads()
{
    const int threads = learningThreadsHere();
    if (at::get_num_threads() != threads)
        at::set_num_threads(threads);
}

} // namespace bitdial
