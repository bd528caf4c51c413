// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bitdial {

/// Threads that one LibTorch operation uses, wherever it is called from.
void setLearningThreads(int threads);
int learningThreads();
/// $OMP_NUM_THREADS, else one for every processor that the system shows. LibTorch by itself counts
/// cores, not their threads, and would leave half of a small machine idle.
int usualThreads();

/// Those of an operation called on this thread: learningThreads(), or one.
int learningThreadsHere();

/// While it lives, LibTorch operations called on its thread run on that thread alone, so that
/// several trainings can run side by side, each with results that do not depend on how many there
/// are. Other threads are not touched.
class SingleThreadedLearning {
public:
    SingleThreadedLearning();
    ~SingleThreadedLearning();
    SingleThreadedLearning(const SingleThreadedLearning&) = delete;
    SingleThreadedLearning& operator=(const SingleThreadedLearning&) = delete;

private:
    int m_before; ///< what this thread might use
};

} // namespace bitdial
