// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bitdial {

/// Threads that one LibTorch operation uses; call before any other function of this folder.
void setLearningThreads(int threads);
int learningThreads();
/// $OMP_NUM_THREADS, else one for every processor that the system shows. LibTorch by itself counts
/// cores, not their threads, and would leave half of a small machine idle.
int usualThreads();

/// While it lives every LibTorch operation runs on its caller's thread alone, so that several
/// trainings can run side by side, each with results that do not depend on how many there are.
class SingleThreadedLearning {
public:
    SingleThreadedLearning();
    ~SingleThreadedLearning();
    SingleThreadedLearning(const SingleThreadedLearning&) = delete;
    SingleThreadedLearning& operator=(const SingleThreadedLearning&) = delete;
};

} // namespace bitdial
