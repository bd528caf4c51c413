// SPDX-License-Identifier: Apache-2.0
#include "core/search/candidate_runner.h"

#include <algorithm>
#include <optional>

namespace bitdial {

/// A candidate that is not a point yet.
struct CandidateRunner::Job {
    const Candidate* candidate = nullptr;
    bool has_task = false; ///< else it shares the numbers of another one of the same bits
    std::size_t first = 0; ///< the first one of the same bits, maybe itself
    std::string refused;   ///< why integers cannot express it
};

CandidateRunner::CandidateRunner(SearchContext& context, const TaskPerformer& performer,
                                 double work)
    : m_context(context), m_performer(performer), m_work(work)
{
}

std::string CandidateRunner::keyOf(const Candidate& candidate)
{
    const auto* done = m_context.ledger().point(candidate.task);
    if (done == nullptr)
        return {};
    DesignPoint point;
    point.assignment = done->assignment;
    point.state_hash = done->state_hash;
    point.provenance = candidate.provenance;
    return m_keys[candidate.task] = pointKey(point);
}

void CandidateRunner::report(const std::string& task, const DesignPoint& point,
                             const std::vector<Accuracy>& at_end)
{
    m_keys[task] = pointKey(point);
    if (m_context.ledger().point(task) != nullptr)
        return;
    m_context.observer().pointFound(point, nullptr, {});
    m_context.ledger().keep(task, {point.assignment, point.state_hash, point.accuracies, at_end});
}

void CandidateRunner::reportCandidate(const Candidate& candidate, const CandidateResult* result)
{
    ReportedPoint reported;
    if (result != nullptr)
        reported = {candidate.assignment, result->state.hash, result->found, result->at_end};
    else
        reported = *m_context.ledger().sameBits(candidate.assignment);
    DesignPoint point;
    point.assignment = candidate.assignment;
    point.state_hash = reported.state_hash;
    point.accuracies = reported.accuracies;
    point.provenance = candidate.provenance;
    m_keys[candidate.task] = pointKey(point);
    m_context.observer().pointFound(point, result != nullptr ? &result->state : nullptr,
                                    candidate.parent_key);
    m_context.ledger().keep(candidate.task, reported);
}

std::vector<CandidateRunner::Job>
CandidateRunner::openJobs(const std::vector<Candidate>& candidates)
{
    std::vector<Job> open;
    std::size_t tasks = 0;
    for (const auto& candidate : candidates) {
        if (!keyOf(candidate).empty())
            continue;
        const auto first = std::ranges::find_if(open, [&](const Job& earlier) {
            return earlier.candidate->assignment == candidate.assignment;
        });
        const bool has_task =
            first == open.end() && m_context.ledger().sameBits(candidate.assignment) == nullptr;
        open.push_back({&candidate, has_task, std::size_t(first - open.begin()), {}});
        tasks += has_task ? 1 : 0;
    }
    m_context.meter().skip(m_work * double(candidates.size() - tasks));
    return open;
}

void CandidateRunner::deliver(const Job& job, const Job& first, const CandidateResult* result)
{
    if (!first.refused.empty())
        m_context.leaveOut(first.refused);
    else if (result == nullptr && m_context.ledger().sameBits(job.candidate->assignment) == nullptr)
        m_context.leaveOutForTime();
    else
        reportCandidate(*job.candidate, result);
}

void CandidateRunner::run(const std::vector<Candidate>& candidates)
{
    auto jobs = openJobs(candidates);
    std::vector<TaskSpec> tasks;
    std::vector<std::size_t> job_of; ///< by task
    for (std::size_t j = 0; j < jobs.size(); ++j)
        if (jobs[j].has_task) {
            const Candidate& candidate = *jobs[j].candidate;
            tasks.push_back(
                candidateTask(candidate.task, *m_context.problem().network, candidate.assignment));
            job_of.push_back(j);
        }
    // Those that share the numbers of one before follow in their place.
    const auto deliverSharers = [&](std::size_t from) {
        for (std::size_t j = from; j < jobs.size() && !jobs[j].has_task; ++j)
            deliver(jobs[j], jobs[jobs[j].first], nullptr);
    };
    deliverSharers(0);
    m_context.perform(m_performer, tasks, [&](std::size_t task, std::optional<TaskResult> result) {
        Job& job = jobs[job_of[task]];
        std::optional<CandidateResult> read;
        if (result)
            read = candidateResult(tasks[task], std::move(*result));
        if (read)
            job.refused = read->refused;
        deliver(job, job, read ? &*read : nullptr);
        deliverSharers(job_of[task] + 1);
    });
}

void CandidateRunner::reportTests()
{
    for (const auto& [task, point] : m_context.ledger().points())
        for (const auto& accuracy : point.at_end)
            m_context.observer().accuracyMeasured(m_keys.at(task), accuracy);
}

} // namespace bitdial
