// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bitdial {

/// LibTorch keeps its number of threads for each thread from its first operation on: whatever
/// computes calls this first (withTorchErrors does), so that the number is learningThreadsHere().
void useLearningThreads();

} // namespace bitdial
