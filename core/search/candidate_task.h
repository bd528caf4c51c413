// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/state_encoding.h"
#include "core/search/search_method.h"
#include "core/search/task.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// How a method gives an assignment its numbers, by quantizing or by training. Throws
/// Error(Infeasible) where that cannot be done.
using MakeState = std::function<QuantizationState(const BitAssignment&, const std::stop_token&)>;

/// What became of a candidate.
struct CandidateResult {
    EncodedState state;
    std::vector<Accuracy> found;  ///< on validation samples
    std::vector<Accuracy> at_end; ///< on test samples
    std::string refused;          ///< why integers cannot express it; empty: they can
};

/// The kind of task that every method has: numbers for an assignment, and its accuracy on integers.
inline constexpr const char* candidate_task_kind = "candidate";

TaskSpec candidateTask(const std::string& name, const Network& network, const BitAssignment& bits);

/// Does one: `make` it, fold it, measure it. One thread of its own.
TaskResult performCandidate(const SearchProblem& problem, const TaskSpec& task,
                            const MakeState& make, const WorkDone& worked,
                            const std::stop_token& stop);

/// What it says. Throws Error(BadInput) for what performCandidate did not write.
CandidateResult candidateResult(const TaskSpec& task, TaskResult result);

/// Of one candidate, in trained images, beside that of making its numbers.
double candidateMeasuringWork(const DataSplits& data);

} // namespace bitdial
