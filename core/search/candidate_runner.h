// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/candidate_task.h"
#include "core/search/search_context.h"

#include <map>
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

/// Makes points of candidates, as every method needs it: numbers by the method, folding to
/// integers, accuracy on validation samples when found and on test samples at the end. Candidates
/// with equal bits share numbers, those that integers cannot express are left out with the reason,
/// and all are reported in their order, whatever the number of workers.
class CandidateRunner {
public:
    /// `work` is what the meter counts for one candidate. Context and performer, which does the
    /// tasks of candidate_task.h, outlive the runner.
    CandidateRunner(SearchContext& context, const TaskPerformer& performer, double work);

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
    struct Job;

    std::vector<Job> openJobs(const std::vector<Candidate>& candidates);
    void deliver(const Job& job, const Job& first, const CandidateResult* result);
    void reportCandidate(const Candidate& candidate, const CandidateResult* result);

    SearchContext& m_context;
    const TaskPerformer& m_performer;
    double m_work;
    std::map<std::string, std::string> m_keys; ///< by task
};

} // namespace bitdial
