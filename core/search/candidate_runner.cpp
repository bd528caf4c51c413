// SPDX-License-Identifier: Apache-2.0
#include "core/search/candidate_runner.h"

#include "core/base/error.h"
#include "core/learning/evaluator.h"
#include "core/learning/threads.h"
#include "core/quantization/integer_evaluator.h"
#include "core/search/ordered_tasks.h"

#include <algorithm>

namespace bitdial {
namespace {

/// Work of an evaluated image, in trained images, as measured on fashion-resnet8.
constexpr double integer_image_work = 0.15;
constexpr double fake_image_work = 0.2;

} // namespace

/// What became of a candidate.
struct CandidateRunner::Result {
    EncodedState state;
    std::vector<Accuracy> found;  ///< on validation samples
    std::vector<Accuracy> at_end; ///< on test samples
};

/// A candidate before, while and after it is worked on.
struct CandidateRunner::Job {
    const Candidate* candidate = nullptr;
    std::size_t first = 0; ///< the first one of the same bits, maybe itself
    bool is_repeated = false;
    std::optional<Result> result;
    std::string refused; ///< why integers cannot express it
};

CandidateRunner::CandidateRunner(SearchContext& context, StateMaker maker)
    : m_context(context), m_maker(std::move(maker))
{
}

double CandidateRunner::candidateWork(const DataSplits& data, double state_work)
{
    const int test = data.test.size();
    return state_work + integer_image_work * (data.validation.size() + test) +
           fake_image_work * test;
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

CandidateRunner::Result CandidateRunner::work(const Candidate& candidate,
                                              const std::stop_token& stop)
{
    const SingleThreadedLearning one_thread; // several candidates at a time
    const auto& network = m_context.problem().network;
    const auto& data = m_context.problem().data;
    const QuantizationState state = m_maker.make(candidate.assignment, stop);
    const auto integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(network, candidate.assignment, state));
    const auto evaluate = [&](const ImageSubset& samples, DataRole role) {
        auto accuracy = evaluateInteger(integers, samples, role, 1, stop);
        m_context.meter().add(integer_image_work * samples.size());
        return accuracy;
    };
    Result result;
    result.found = {evaluate(data.validation, DataRole::Validation)};
    // Measured while the numbers are at hand, but told at the end only: nothing here looks at it.
    result.at_end = {
        evaluate(data.test, DataRole::Test),
        evaluateFake(network, candidate.assignment, state, data.test, DataRole::Test, stop)};
    m_context.meter().add(fake_image_work * data.test.size());
    result.state = encodeState(state);
    return result;
}

/// Of a candidate that integers cannot express only the reason is kept: the others go on.
void CandidateRunner::workOn(Job& job, const std::stop_token& stop)
{
    if (job.is_repeated || m_context.outOfTime())
        return;
    try {
        job.result = work(*job.candidate, stop);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Infeasible)
            throw;
        job.refused = error.details().where + ": " + error.details().why;
    }
}

void CandidateRunner::reportCandidate(const Candidate& candidate, const Result* result)
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

void CandidateRunner::deliver(Job& job, const Job& first)
{
    if (!first.refused.empty())
        m_context.leaveOut(first.refused);
    else if (!job.result && m_context.ledger().sameBits(job.candidate->assignment) == nullptr)
        m_context.leaveOutForTime();
    else
        reportCandidate(*job.candidate, job.result ? &*job.result : nullptr);
    job.result.reset();
}

void CandidateRunner::run(const std::vector<Candidate>& candidates)
{
    auto& ledger = m_context.ledger();
    std::vector<Job> open;
    for (const auto& candidate : candidates) {
        if (!keyOf(candidate).empty())
            continue;
        const auto first = std::ranges::find_if(open, [&](const Job& earlier) {
            return earlier.candidate->assignment == candidate.assignment;
        });
        const bool repeated =
            first != open.end() || ledger.sameBits(candidate.assignment) != nullptr;
        open.push_back({&candidate, std::size_t(first - open.begin()), repeated, {}, {}});
    }
    const auto skipped =
        candidates.size() - std::size_t(std::ranges::count(open, false, &Job::is_repeated));
    m_context.meter().skip(candidateWork(m_context.problem().data, m_maker.work) * double(skipped));
    auto tasks = m_context.tasks(open.size());
    tasks.work = [&](int task, const std::stop_token& stop) {
        workOn(open[std::size_t(task)], stop);
    };
    tasks.deliver = [&](int task) {
        Job& job = open[std::size_t(task)];
        deliver(job, open[job.first]);
    };
    runOrdered(tasks, m_context.stop());
}

void CandidateRunner::reportTests()
{
    for (const auto& [task, point] : m_context.ledger().points())
        for (const auto& accuracy : point.at_end)
            m_context.observer().accuracyMeasured(m_keys.at(task), accuracy);
}

} // namespace bitdial
