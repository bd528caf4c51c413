// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits.h"

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/sha256.h"
#include "core/hardware/model/cost_model.h"
#include "core/learning/evaluator.h"
#include "core/learning/threads.h"
#include "core/search/candidate_runner.h"
#include "core/search/free_bits_options.h"
#include "core/search/ordered_tasks.h"
#include "core/search/raise_bits.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace bitdial {
namespace {

/// One run of the method.
class FreeBitsRun {
public:
    FreeBitsRun(const MethodInfo& method, const SearchProblem& problem, SearchObserver& observer,
                std::stop_token stop)
        : m_problem(problem),
          m_options(FreeBitsOptions::of(method, problem)),
          m_context(problem, observer, std::move(stop), runKey(), totalWork()),
          m_runner(m_context, {[this](const BitAssignment& bits, const std::stop_token& stopped) {
                                   return tune(bits, stopped);
                               },
                               tuningWork()})
    {
        for (const auto& profile : problem.profiles)
            m_models.emplace_back(problem.network, profile);
    }

    SearchEnd run()
    {
        const SingleThreadedLearning one_thread_each;
        m_context.beginPhase("calibration");
        m_calibration.emplace(m_problem.network, data().calibration, m_context.stop());
        reportFloat();
        m_context.beginPhase("references");
        m_runner.run(uniformCandidates());
        m_context.beginPhase("stage 1: gates");
        const auto chosen = searchAllGates();
        checkLatencyLimit(chosen);
        m_context.beginPhase("stage 1: fine-tuning");
        m_runner.run(stageOneCandidates(chosen));
        m_context.beginPhase("stage 2: fine-tuning");
        m_runner.run(stageTwoCandidates(chosen));
        m_runner.reportTests();
        return m_context.end();
    }

private:
    /// Results of stage 1 by strength; none: left out for lack of time.
    using Chosen = std::vector<std::optional<BitAssignment>>;

    const Network& network() const { return *m_problem.network; }
    const DataSplits& data() const { return m_problem.data; }

    std::string runKey() const;
    double tuningWork() const
    {
        return double(m_options.tuning.steps) * m_options.tuning.batch_size;
    }
    double gateWork() const { return double(m_options.gates.steps) * m_options.gates.batch_size; }
    double totalWork() const;
    bool isTooSlow(const NetworkTotals& cost) const
    {
        return m_options.max_latency_ms && cost.latency_ms > *m_options.max_latency_ms;
    }
    Provenance provenance(const std::string& method, PointRole role,
                          const std::string& label) const;
    std::string stageOneTask(double strength) const { return "stage 1 " + shortestText(strength); }

    void reportFloat();
    std::vector<Candidate> uniformCandidates() const;
    Chosen searchAllGates();
    void checkLatencyLimit(const Chosen& chosen) const;
    Candidate stageOneCandidate(double strength, const BitAssignment& chosen) const;
    std::vector<Candidate> stageOneCandidates(const Chosen& chosen) const;
    std::vector<Candidate> stageTwoCandidates(const Chosen& chosen);
    std::optional<Candidate> raisedCandidate(const CostModel& model, double strength,
                                             const BitAssignment& chosen);
    QuantizationState tune(const BitAssignment& bits, const std::stop_token& stop);

    const SearchProblem& m_problem;
    FreeBitsOptions m_options;
    SearchContext m_context;
    CandidateRunner m_runner;
    std::vector<CostModel> m_models;
    std::optional<Calibration> m_calibration;
};

std::string FreeBitsRun::runKey() const
{
    std::string text =
        network().hash() + data().hash + m_options.json() + "seed" + std::to_string(m_problem.seed);
    for (const auto& profile : m_problem.profiles)
        text += profile->hash();
    return sha256Hex(std::as_bytes(std::span(text)));
}

double FreeBitsRun::totalWork() const
{
    const auto strengths = double(m_options.strengths.size());
    const auto tunings = 3 + strengths * double(1 + m_problem.profiles.size());
    return strengths * gateWork() + tunings * CandidateRunner::candidateWork(data(), tuningWork());
}

Provenance FreeBitsRun::provenance(const std::string& method, PointRole role,
                                   const std::string& label) const
{
    Provenance from;
    from.method = method;
    from.role = role;
    from.label = label;
    from.seed = m_problem.seed;
    from.network_hash = network().hash();
    from.data_hash = data().hash;
    from.options_json = m_options.json();
    return from;
}

/// Before anything more is trained for it: a limit that neither a uniform assignment nor any raised
/// one meets on any target cannot be met by this search. Where time ran out before all were found,
/// nobody knows.
void FreeBitsRun::checkLatencyLimit(const Chosen& chosen) const
{
    const auto is_missing = [](const auto& found) { return !found.has_value(); };
    if (!m_options.max_latency_ms || std::ranges::any_of(chosen, is_missing))
        return;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& model : m_models) {
        const auto look = [&](const BitAssignment& assignment) {
            const auto cost = model.totals(assignment);
            if (!cost.infeasible)
                least = std::min(least, cost.latency_ms);
        };
        for (const auto& uniform : uniformCandidates())
            look(uniform.assignment);
        for (const auto& found : chosen)
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
    DesignPoint point;
    point.provenance = provenance("float", PointRole::Reference, "float");
    std::vector<Accuracy> at_end;
    if (m_context.ledger().point(task) == nullptr) {
        point.accuracies = {evaluateFloat(m_problem.network, data().validation,
                                          DataRole::Validation, m_context.stop())};
        at_end = {evaluateFloat(m_problem.network, data().test, DataRole::Test, m_context.stop())};
    }
    m_runner.report(task, point, at_end);
}

std::vector<Candidate> FreeBitsRun::uniformCandidates() const
{
    std::vector<Candidate> candidates;
    for (const int bits : {8, 4, 2}) {
        const auto label = std::to_string(bits) + "/" + std::to_string(bits);
        candidates.push_back({"uniform " + label,
                              BitAssignment::uniform(network(), bits, bits),
                              provenance("uniform", PointRole::Reference, label),
                              {}});
    }
    return candidates;
}

FreeBitsRun::Chosen FreeBitsRun::searchAllGates()
{
    const auto& strengths = m_options.strengths;
    Chosen chosen(strengths.size());
    std::vector<std::size_t> open; // indices of those still to search
    for (std::size_t i = 0; i < strengths.size(); ++i) {
        if (const auto* before = m_context.ledger().chosen(stageOneTask(strengths[i]))) {
            chosen[i] = *before;
            m_context.meter().skip(gateWork());
        } else {
            open.push_back(i);
        }
    }
    const auto target = std::ranges::find_if(m_models, [&](const CostModel& model) {
        return model.profile().name() == m_options.latency_target;
    });
    const CostModel* model = target == m_models.end() ? nullptr : &*target;
    auto tasks = m_context.tasks(open.size());
    tasks.work = [&](int task, const std::stop_token& stop) {
        if (m_context.outOfTime())
            return;
        const SingleThreadedLearning one_thread;
        const auto i = open[std::size_t(task)];
        auto options = m_options.gates;
        options.strength = strengths[i];
        chosen[i] = searchGates(m_problem.network, *m_calibration, data().train, options, model,
                                stop, [&](int) { m_context.meter().add(options.batch_size); });
    };
    tasks.deliver = [&](int task) {
        const auto i = open[std::size_t(task)];
        if (chosen[i])
            m_context.ledger().keep(stageOneTask(strengths[i]), *chosen[i]);
        else
            m_context.leaveOutForTime();
    };
    runOrdered(tasks, m_context.stop());
    return chosen;
}

Candidate FreeBitsRun::stageOneCandidate(double strength, const BitAssignment& chosen) const
{
    return {stageOneTask(strength),
            chosen,
            provenance("free-bits", PointRole::Found, "strength " + shortestText(strength)),
            {}};
}

std::vector<Candidate> FreeBitsRun::stageOneCandidates(const Chosen& chosen) const
{
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        if (chosen[i])
            candidates.push_back(stageOneCandidate(m_options.strengths[i], *chosen[i]));
    return candidates;
}

/// None where that is nothing that the target can run, or too slow for the user: a search never
/// proposes it.
std::optional<Candidate> FreeBitsRun::raisedCandidate(const CostModel& model, double strength,
                                                      const BitAssignment& chosen)
{
    const auto raised = raiseFreeBits(model, chosen);
    const auto cost = model.totals(raised.assignment);
    const auto& profile = model.profile();
    if (cost.infeasible || isTooSlow(cost)) {
        m_context.leaveOut(cost.infeasible ? "not for " + profile.name() + ": " +
                                                 model.cost(raised.assignment).infeasible_reason
                                           : "slower than max_latency_ms on " + profile.name());
        m_context.meter().skip(CandidateRunner::candidateWork(data(), tuningWork()));
        return std::nullopt;
    }
    auto from = provenance("free-bits", PointRole::Refined, "strength " + shortestText(strength));
    from.target = profile.name();
    from.profile_hash = profile.hash();
    return Candidate{"stage 2 " + shortestText(strength) + " " + profile.name(), raised.assignment,
                     from, m_runner.keyOf(stageOneCandidate(strength, chosen))};
}

std::vector<Candidate> FreeBitsRun::stageTwoCandidates(const Chosen& chosen)
{
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const double strength = m_options.strengths[i];
        if (!chosen[i] || m_context.ledger().point(stageOneTask(strength)) == nullptr)
            continue; // left out for lack of time
        for (const auto& model : m_models)
            if (auto raised = raisedCandidate(model, strength, *chosen[i]))
                candidates.push_back(std::move(*raised));
    }
    return candidates;
}

/// From the same numbers with the same steps for every assignment.
QuantizationState FreeBitsRun::tune(const BitAssignment& bits, const std::stop_token& stop)
{
    return fineTune(m_problem.network, bits, *m_calibration, data().train, m_options.tuning, stop,
                    [this](int) { m_context.meter().add(m_options.tuning.batch_size); });
}

} // namespace

const MethodInfo& FreeBits::info() const
{
    static const MethodInfo about = {
        "free-bits",
        "Free Bits",
        "Finds bits per layer by gradients, then raises them per target wherever that costs no "
        "latency.",
        "Rutishauser, Conti, Benini: Free Bits, AICAS 2023, arXiv 2307.02894",
        MethodNeeds::Training,
        MethodFamily::Trained,
        FreeBitsOptions::specs()};
    return about;
}

void FreeBits::check(const SearchProblem& problem) const
{
    checkFreeBitsProblem(problem);
    NullSearchObserver nobody;
    const FreeBitsRun unused(info(), problem, nobody, {});
}

SearchEnd FreeBits::run(const SearchProblem& problem, SearchObserver& observer,
                        std::stop_token stop) const
{
    checkFreeBitsProblem(problem);
    return FreeBitsRun(info(), problem, observer, std::move(stop)).run();
}

} // namespace bitdial
