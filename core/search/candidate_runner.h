// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/quantization_state.h"
#include "core/search/search_context.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// Bits to give numbers to, and the point that they become.
struct Candidate {
    std::string task; ///< names it in the ledger
    BitAssignment assignment;
    Provenance provenance;
    std::string parent_key; ///< pointKey() of the point it was derived from, or empty
};

/// How a method gives an assignment its numbers, by quantizing or by training. Runs on any thread,
/// several at a time; throws Error(Infeasible) where that cannot be done.
struct StateMaker {
    std::function<QuantizationState(const BitAssignment&, const std::stop_token&)> make;
    double work = 0; ///< of one, in trained images; `make` adds it to the meter
};

/// Makes points of candidates, as every method needs it: numbers by the method, folding to
/// integers, accuracy on validation samples when found and on test samples at the end. Candidates
/// with equal bits share numbers, those that integers cannot express are left out with the reason,
/// and all are reported in their order, whatever the number of workers.
class CandidateRunner {
public:
    /// The context outlives the runner.
    CandidateRunner(SearchContext& context, StateMaker maker);

    /// Work of one candidate, as the meter counts it.
    static double candidateWork(const DataSplits& data, double state_work);
    /// Throws Error(Cancelled).
    void run(const std::vector<Candidate>& candidates);
    /// Tells the accuracies on test samples of everything that was reported.
    void reportTests();
    /// The pointKey() of a candidate that became a point, now or in the run that goes on; empty: it
    /// did not.
    std::string keyOf(const Candidate& candidate);
    /// Adds a point that the method made itself.
    void report(const std::string& task, const DesignPoint& point,
                const std::vector<Accuracy>& at_end);

private:
    struct Result;
    struct Job;

    Result work(const Candidate& candidate, const std::stop_token& stop);
    void workOn(Job& job, const std::stop_token& stop);
    void deliver(Job& job, const Job& first);
    void reportCandidate(const Candidate& candidate, const Result* result);

    SearchContext& m_context;
    StateMaker m_maker;
    std::map<std::string, std::string> m_keys; ///< by task
};

} // namespace bitdial
