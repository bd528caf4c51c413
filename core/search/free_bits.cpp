// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits.h"

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/sha256.h"
#include "core/hardware/cost_model.h"
#include "core/learning/evaluator.h"
#include "core/learning/threads.h"
#include "core/quantization/integer_evaluator.h"
#include "core/search/free_bits_checkpoint.h"
#include "core/search/free_bits_options.h"
#include "core/search/ordered_tasks.h"
#include "core/search/progress_meter.h"
#include "core/search/raise_bits.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>

namespace bitdial {
namespace {

/// Work of an evaluated image, in trained images, as measured on fashion-resnet8.
constexpr double integer_image_work = 0.15;
constexpr double fake_image_work = 0.2;

/// An assignment to fine-tune, and the point that it becomes.
struct Candidate {
    std::string task;
    BitAssignment assignment;
    Provenance provenance;
};

/// What fine-tuning made of a candidate.
struct Tuned {
    QuantizationState state;
    std::vector<Accuracy> found;  ///< on validation samples
    std::vector<Accuracy> at_end; ///< on test samples
};

/// A candidate's fine-tuning, before, while and after it runs.
struct Tuning {
    const Candidate* candidate = nullptr;
    std::size_t first = 0; ///< the first one of the same assignment, maybe itself
    std::optional<Tuned> result;
    std::string refused; ///< why integers cannot express it
};

/// One run of the method.
class FreeBitsRun {
public:
    FreeBitsRun(const SearchProblem& problem, SearchObserver& observer, std::stop_token stop)
        : m_problem(problem),
          m_observer(observer),
          m_stop(std::move(stop)),
          m_options(FreeBitsOptions::of(problem)),
          m_workers(learningThreads()),
          m_meter(totalWork())
    {
        for (const auto& profile : problem.profiles)
            m_models.emplace_back(problem.network, profile);
        const auto key = runKey();
        m_done = problem.checkpoint.empty()
                     ? FreeBitsCheckpoint{key, {}, {}}
                     : FreeBitsCheckpoint::fromText(*problem.network, problem.checkpoint, key);
    }

    void run()
    {
        const SingleThreadedLearning one_thread_each;
        m_phase = "calibration";
        tick();
        m_calibration.emplace(m_problem.network, m_problem.data.calibration, m_stop);
        reportFloat();
        m_phase = "references";
        tune(uniformCandidates());
        m_phase = "stage 1: gates";
        const auto chosen = searchAllGates();
        checkLatencyLimit(chosen);
        m_phase = "stage 1: fine-tuning";
        tune(stageOneCandidates(chosen));
        m_phase = "stage 2: fine-tuning";
        tune(stageTwoCandidates(chosen));
        reportTests();
        m_phase = lastPhase();
        if (m_out_of_time == 0)
            m_observer.checkpointed({});
        m_observer.progressed({m_phase, 1, 0, 0});
    }

private:
    const Network& network() const { return *m_problem.network; }
    const DataSplits& data() const { return m_problem.data; }

    std::string runKey() const;
    double tuningWork() const;
    double gateWork() const { return double(m_options.gates.steps) * m_options.gates.batch_size; }
    double totalWork() const;
    bool outOfTime() const;
    std::string lastPhase() const;
    bool isTooSlow(const NetworkCost& cost) const
    {
        return m_options.max_latency_ms && cost.latency_ms > *m_options.max_latency_ms;
    }
    void tick() { m_observer.progressed(m_meter.progress(m_phase)); }
    Provenance provenance(const std::string& method, int stage, const std::string& label) const;
    std::string stageOneTask(double strength) const { return "stage 1 " + shortestText(strength); }

    void reportFloat();
    std::vector<Candidate> uniformCandidates() const;
    std::vector<std::optional<BitAssignment>> searchAllGates();
    void checkLatencyLimit(const std::vector<std::optional<BitAssignment>>& chosen) const;
    std::vector<Candidate>
    stageOneCandidates(const std::vector<std::optional<BitAssignment>>& chosen) const;
    std::vector<Candidate>
    stageTwoCandidates(const std::vector<std::optional<BitAssignment>>& chosen);
    void tune(const std::vector<Candidate>& candidates);
    void tuneInto(Tuning& tuning, const std::stop_token& stop);
    Tuned tuneOne(const Candidate& candidate, const std::stop_token& stop);
    const ReportedPoint* sameAssignment(const BitAssignment& assignment) const;
    void report(const Candidate& candidate, const Tuned* tuned);
    void reportTests();

    const SearchProblem& m_problem;
    SearchObserver& m_observer;
    std::stop_token m_stop;
    FreeBitsOptions m_options;
    int m_workers;
    ProgressMeter m_meter;
    std::vector<CostModel> m_models;
    FreeBitsCheckpoint m_done;
    std::optional<Calibration> m_calibration;
    std::string m_phase;
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();
    int m_out_of_time = 0;                ///< candidates
    std::map<std::string, int> m_refused; ///< candidates by the reason
};

std::string FreeBitsRun::runKey() const
{
    std::string text =
        network().hash() + data().hash + m_options.json() + "seed" + std::to_string(m_problem.seed);
    for (const auto& profile : m_problem.profiles)
        text += profile->hash();
    return sha256Hex(std::as_bytes(std::span(text)));
}

double FreeBitsRun::tuningWork() const
{
    const int test = data().test.size();
    return double(m_options.tuning.steps) * m_options.tuning.batch_size +
           integer_image_work * (data().validation.size() + test) + fake_image_work * test;
}

double FreeBitsRun::totalWork() const
{
    const auto strengths = double(m_options.strengths.size());
    const auto tunings = 3 + strengths * double(1 + m_problem.profiles.size());
    return strengths * gateWork() + tunings * tuningWork();
}

bool FreeBitsRun::outOfTime() const
{
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - m_began;
    return m_problem.time_budget_s > 0 && spent.count() > m_problem.time_budget_s;
}

Provenance FreeBitsRun::provenance(const std::string& method, int stage,
                                   const std::string& label) const
{
    Provenance from;
    from.method = method;
    from.stage = stage;
    from.label = label;
    from.seed = m_problem.seed;
    from.network_hash = network().hash();
    from.data_hash = data().hash;
    from.options_json = m_options.json();
    return from;
}

std::string FreeBitsRun::lastPhase() const
{
    std::string text = m_out_of_time == 0 ? "done"
                                          : "time budget used, " + std::to_string(m_out_of_time) +
                                                " candidates left out";
    for (const auto& [reason, count] : m_refused)
        text += "; " + std::to_string(count) + " left out, " + reason;
    return text;
}

/// Before anything more is trained for it: a limit that neither a uniform assignment nor any raised
/// one meets on any target cannot be met by this search.
void FreeBitsRun::checkLatencyLimit(const std::vector<std::optional<BitAssignment>>& chosen) const
{
    if (!m_options.max_latency_ms)
        return;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& model : m_models) {
        const auto look = [&](const BitAssignment& assignment) {
            const auto cost = model.cost(assignment);
            if (cost.infeasible_reason.empty())
                least = std::min(least, cost.latency_ms);
        };
        for (const auto& uniform : uniformCandidates())
            look(uniform.assignment);
        for (const auto& found : chosen)
            if (found)
                look(raiseFreeBits(model, *found).assignment);
    }
    if (least > *m_options.max_latency_ms)
        throw Error(ErrorCode::Infeasible, "No assignment is as fast as asked", network().name(),
                    "max_latency_ms is " + shortestText(*m_options.max_latency_ms) +
                        ", the fastest that the search found takes " + shortestText(least) + " ms",
                    "Allow more, choose a faster target or a smaller network");
}

void FreeBitsRun::reportFloat()
{
    const std::string task = "float";
    if (m_done.points.contains(task))
        return;
    DesignPoint point;
    point.provenance = provenance("float", 0, "float");
    point.accuracies = {
        evaluateFloat(m_problem.network, data().validation, DataRole::Validation, m_stop)};
    const auto test = evaluateFloat(m_problem.network, data().test, DataRole::Test, m_stop);
    const auto id = m_observer.pointFound(point, {});
    m_done.points[task] = {id, {}, {}, point.accuracies, {test}};
    m_observer.checkpointed(m_done.toText(network()));
}

std::vector<Candidate> FreeBitsRun::uniformCandidates() const
{
    std::vector<Candidate> candidates;
    for (const int bits : {8, 4, 2}) {
        const auto label = std::to_string(bits) + "/" + std::to_string(bits);
        candidates.push_back({"uniform " + label, BitAssignment::uniform(network(), bits, bits),
                              provenance("uniform", 0, label)});
    }
    return candidates;
}

std::vector<std::optional<BitAssignment>> FreeBitsRun::searchAllGates()
{
    const auto& strengths = m_options.strengths;
    std::vector<std::optional<BitAssignment>> chosen(strengths.size());
    std::vector<std::size_t> open; // indices of those still to search
    for (std::size_t i = 0; i < strengths.size(); ++i) {
        const auto before = m_done.chosen.find(stageOneTask(strengths[i]));
        if (before != m_done.chosen.end()) {
            chosen[i] = before->second;
            m_meter.skip(gateWork());
        } else {
            open.push_back(i);
        }
    }
    const auto target = std::ranges::find_if(m_models, [&](const CostModel& model) {
        return model.profile().name() == m_options.latency_target;
    });
    const CostModel* model = target == m_models.end() ? nullptr : &*target;
    OrderedTasks tasks{
        .count = int(open.size()), .workers = m_workers, .work = {}, .deliver = {}, .tick = [this] {
            tick();
        }};
    tasks.work = [&](int task, const std::stop_token& stop) {
        if (outOfTime())
            return;
        const auto i = open[std::size_t(task)];
        auto options = m_options.gates;
        options.strength = strengths[i];
        chosen[i] = searchGates(m_problem.network, *m_calibration, data().train, options, model,
                                stop, [&](int) { m_meter.add(options.batch_size); });
    };
    tasks.deliver = [&](int task) {
        const auto i = open[std::size_t(task)];
        if (!chosen[i]) {
            ++m_out_of_time;
            return;
        }
        m_done.chosen[stageOneTask(strengths[i])] = *chosen[i];
        m_observer.checkpointed(m_done.toText(network()));
    };
    runOrdered(tasks, m_stop);
    return chosen;
}

std::vector<Candidate>
FreeBitsRun::stageOneCandidates(const std::vector<std::optional<BitAssignment>>& chosen) const
{
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const double strength = m_options.strengths[i];
        if (chosen[i])
            candidates.push_back(
                {stageOneTask(strength), *chosen[i],
                 provenance("free-bits", 1, "strength " + shortestText(strength))});
    }
    return candidates;
}

std::vector<Candidate>
FreeBitsRun::stageTwoCandidates(const std::vector<std::optional<BitAssignment>>& chosen)
{
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const double strength = m_options.strengths[i];
        const auto parent = m_done.points.find(stageOneTask(strength));
        if (!chosen[i] || parent == m_done.points.end())
            continue; // left out for lack of time
        for (const auto& model : m_models) {
            const auto raised = raiseFreeBits(model, *chosen[i]);
            const auto cost = model.cost(raised.assignment);
            const auto& profile = model.profile();
            // A search never proposes what the target cannot run, or what is too slow for the user.
            const bool runs = cost.infeasible_reason.empty();
            if (!runs || isTooSlow(cost)) {
                ++m_refused[runs ? "slower than max_latency_ms on " + profile.name()
                                 : "not for " + profile.name() + ": " + cost.infeasible_reason];
                m_meter.skip(tuningWork());
                continue;
            }
            auto from = provenance("free-bits", 2, "strength " + shortestText(strength));
            from.target = profile.name();
            from.profile_hash = profile.hash();
            from.parent = parent->second.id;
            candidates.push_back({"stage 2 " + shortestText(strength) + " " + profile.name(),
                                  raised.assignment, from});
        }
    }
    return candidates;
}

const ReportedPoint* FreeBitsRun::sameAssignment(const BitAssignment& assignment) const
{
    for (const auto& [task, point] : m_done.points)
        if (point.assignment == assignment)
            return &point;
    return nullptr;
}

Tuned FreeBitsRun::tuneOne(const Candidate& candidate, const std::stop_token& stop)
{
    Tuned tuned;
    tuned.state =
        fineTune(m_problem.network, candidate.assignment, *m_calibration, data().train,
                 m_options.tuning, stop, [&](int) { m_meter.add(m_options.tuning.batch_size); });
    const auto integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(m_problem.network, candidate.assignment, tuned.state));
    const auto evaluate = [&](const ImageSubset& samples, DataRole role) {
        auto accuracy = evaluateInteger(integers, samples, 1, stop);
        accuracy.role = role;
        m_meter.add(integer_image_work * samples.size());
        return accuracy;
    };
    tuned.found = {evaluate(data().validation, DataRole::Validation)};
    // Measured while the numbers are at hand, but told at the end only: nothing here looks at it.
    tuned.at_end = {evaluate(data().test, DataRole::Test),
                    evaluateFake(m_problem.network, candidate.assignment, tuned.state, data().test,
                                 DataRole::Test, stop)};
    m_meter.add(fake_image_work * data().test.size());
    return tuned;
}

void FreeBitsRun::report(const Candidate& candidate, const Tuned* tuned)
{
    ReportedPoint reported;
    reported.assignment = candidate.assignment;
    QuantizationState state;
    if (tuned) {
        state = tuned->state;
        reported.state_hash = sha256Hex(toBytes(state));
        reported.accuracies = tuned->found;
        reported.at_end = tuned->at_end;
    } else {
        const auto* same = sameAssignment(candidate.assignment);
        reported.state_hash = same->state_hash;
        reported.accuracies = same->accuracies;
        reported.at_end = same->at_end;
    }
    DesignPoint point;
    point.assignment = candidate.assignment;
    point.state_hash = reported.state_hash;
    point.accuracies = reported.accuracies;
    point.provenance = candidate.provenance;
    reported.id = m_observer.pointFound(point, state);
    m_done.points[candidate.task] = reported;
    m_observer.checkpointed(m_done.toText(network()));
}

/// Fine-tunes each assignment once; candidates with an assignment seen before share its numbers.
void FreeBitsRun::tune(const std::vector<Candidate>& candidates)
{
    std::vector<Tuning> open;
    for (const auto& candidate : candidates) {
        if (m_done.points.contains(candidate.task))
            continue;
        const auto first = std::ranges::find_if(open, [&](const Tuning& earlier) {
            return earlier.candidate->assignment == candidate.assignment;
        });
        open.push_back({&candidate, std::size_t(first - open.begin()), {}, {}});
    }
    const auto isRepeated = [&](std::size_t i) {
        return open[i].first != i || sameAssignment(open[i].candidate->assignment) != nullptr;
    };
    std::vector<bool> repeated;
    for (std::size_t i = 0; i < open.size(); ++i)
        repeated.push_back(isRepeated(i));
    m_meter.skip(tuningWork() * double(candidates.size() - open.size() +
                                       std::size_t(std::ranges::count(repeated, true))));
    OrderedTasks tasks{
        .count = int(open.size()), .workers = m_workers, .work = {}, .deliver = {}, .tick = [this] {
            tick();
        }};
    tasks.work = [&](int task, const std::stop_token& stop) {
        if (!repeated[std::size_t(task)] && !outOfTime())
            tuneInto(open[std::size_t(task)], stop);
    };
    tasks.deliver = [&](int task) {
        auto& tuning = open[std::size_t(task)];
        const auto& refused = open[tuning.first].refused;
        if (!refused.empty())
            ++m_refused[refused];
        else if (!tuning.result && !sameAssignment(tuning.candidate->assignment))
            ++m_out_of_time;
        else
            report(*tuning.candidate, tuning.result ? &*tuning.result : nullptr);
        tuning.result.reset();
    };
    runOrdered(tasks, m_stop);
}

/// Of a candidate that integers cannot express only the reason is kept: the others go on.
void FreeBitsRun::tuneInto(Tuning& tuning, const std::stop_token& stop)
{
    try {
        tuning.result = tuneOne(*tuning.candidate, stop);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Infeasible)
            throw;
        tuning.refused = error.details().where + ": " + error.details().why;
    }
}

void FreeBitsRun::reportTests()
{
    for (const auto& [task, point] : m_done.points)
        for (const auto& accuracy : point.at_end)
            m_observer.accuracyMeasured(point.id, accuracy);
}

} // namespace

void FreeBits::check(const SearchProblem& problem) const
{
    checkFreeBitsProblem(problem);
    NullSearchObserver nobody;
    const FreeBitsRun unused(problem, nobody, {});
}

void FreeBits::run(const SearchProblem& problem, SearchObserver& observer, std::stop_token stop)
{
    checkFreeBitsProblem(problem);
    FreeBitsRun(problem, observer, std::move(stop)).run();
}

} // namespace bitdial
