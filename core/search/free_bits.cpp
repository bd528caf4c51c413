// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits.h"

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/sha256.h"
#include "core/learning/evaluator.h"
#include "core/learning/threads.h"
#include "core/quantization/widths.h"
#include "core/search/budget_survey.h"
#include "core/search/candidate_runner.h"
#include "core/search/free_bits_options.h"
#include "core/search/free_bits_tasks.h"
#include "core/search/raise_bits.h"

#include <algorithm>
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
          m_tasks(problem, m_options),
          m_context(problem, observer, std::move(stop), runKey(), totalWork()),
          m_runner(m_context, m_tasks, m_tasks.candidateWork())
    {
    }

    SearchEnd run()
    {
        const SingleThreadedLearning one_thread_each;
        m_context.beginPhase("calibration");
        m_tasks.calibrate(m_context.stop());
        reportFloat();
        m_context.beginPhase("references");
        m_runner.run(uniformCandidates());
        m_context.beginPhase("stage 1: gates");
        const auto chosen = searchAllGates();
        checkBudgetsCanBeMet(chosen);
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
    double totalWork() const;
    Provenance provenance(const std::string& method, PointRole role,
                          const std::string& label) const;
    std::string stageOneTask(double strength) const { return "stage 1 " + shortestText(strength); }

    void reportFloat();
    std::vector<Candidate> uniformCandidates() const;
    Chosen searchAllGates();
    void checkBudgetsCanBeMet(const Chosen& chosen);
    BitAssignment raised(const CostModel& model, const BitAssignment& chosen);
    std::optional<Budget> exceededEverywhere(const BitAssignment& bits) const;
    Candidate stageOneCandidate(double strength, const BitAssignment& chosen) const;
    std::vector<Candidate> stageOneCandidates(const Chosen& chosen);
    std::vector<Candidate> stageTwoCandidates(const Chosen& chosen);
    std::optional<Candidate> raisedCandidate(const CostModel& model, double strength,
                                             const BitAssignment& chosen);

    const SearchProblem& m_problem;
    FreeBitsOptions m_options;
    FreeBitsTasks m_tasks;
    SearchContext m_context;
    CandidateRunner m_runner;
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
    return strengths * m_tasks.gateWork() + tunings * m_tasks.candidateWork();
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

/// By stage 2, within what the target has kernels for; unchanged where it cannot run the network.
BitAssignment FreeBitsRun::raised(const CostModel& model, const BitAssignment& chosen)
{
    m_context.tick(); // many of them, with budgets, take a while
    if (m_context.stop().stop_requested())
        throw Error(ErrorCode::Cancelled, "The search was cancelled", network().name(), "",
                    "Resume it to go on where it stopped");
    try {
        const auto space = SearchSpace::ofTarget(model).locked(m_options.locks);
        return raiseFreeBits(model, chosen, space, m_options.budgets).assignment;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Infeasible)
            throw;
        return chosen;
    }
}

/// Before anything more is trained for them: budgets that neither a uniform assignment nor any
/// raised one meets on any target cannot be met by this search. Where time ran out before all were
/// found, nobody knows.
void FreeBitsRun::checkBudgetsCanBeMet(const Chosen& chosen)
{
    const auto is_missing = [](const auto& found) { return !found.has_value(); };
    if (m_options.budgets.empty() || std::ranges::any_of(chosen, is_missing))
        return;
    BudgetSurvey survey(m_options.budgets);
    for (const auto& model : m_tasks.models()) {
        for (const auto& uniform : uniformCandidates())
            if (m_tasks.space().holds(uniform.assignment))
                survey.look(model, uniform.assignment);
        for (const auto& found : chosen)
            survey.look(model, raised(model, *found));
    }
    survey.throwIfNoneFits(network().name());
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
    for (const int bits : quantized_widths_falling) {
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
    std::vector<TaskSpec> tasks;
    for (std::size_t i = 0; i < strengths.size(); ++i) {
        const auto name = stageOneTask(strengths[i]);
        if (const auto* before = m_context.ledger().chosen(name)) {
            chosen[i] = *before;
            m_context.meter().skip(m_tasks.gateWork());
        } else {
            open.push_back(i);
            tasks.push_back(m_tasks.gateTask(name, strengths[i]));
        }
    }
    m_context.perform(m_tasks, tasks, [&](std::size_t task, std::optional<TaskResult> result) {
        if (!result) {
            m_context.leaveOutForTime();
            return;
        }
        auto& found = chosen[open[task]];
        found = m_tasks.chosen(tasks[task], *result);
        m_context.ledger().keep(tasks[task].name, *found);
    });
    return chosen;
}

Candidate FreeBitsRun::stageOneCandidate(double strength, const BitAssignment& chosen) const
{
    return {stageOneTask(strength),
            chosen,
            provenance("free-bits", PointRole::Found, "strength " + shortestText(strength)),
            {}};
}

/// A limit that these bits exceed on every target, and that stage 2, which makes them wider, cannot
/// bring them below; none: there is no such limit.
std::optional<Budget> FreeBitsRun::exceededEverywhere(const BitAssignment& bits) const
{
    std::vector<Budget> lasting;
    for (const auto& budget : m_options.budgets)
        if (budget.axis != CostAxis::Latency && budget.axis != CostAxis::Energy)
            lasting.push_back(budget);
    std::optional<Budget> exceeded;
    for (const auto& model : m_tasks.models()) {
        const auto* over = exceededBudget(lasting, model, bits, model.totals(bits));
        if (over == nullptr)
            return std::nullopt;
        exceeded = *over;
    }
    return exceeded;
}

std::vector<Candidate> FreeBitsRun::stageOneCandidates(const Chosen& chosen)
{
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (!chosen[i])
            continue;
        if (const auto over = exceededEverywhere(*chosen[i])) {
            m_context.leaveOut("more than " + budgetText(*over));
            m_context.meter().skip(m_tasks.candidateWork());
            continue;
        }
        candidates.push_back(stageOneCandidate(m_options.strengths[i], *chosen[i]));
    }
    return candidates;
}

/// None where that is nothing that the target can run, or too dear for the user: a search never
/// proposes it.
std::optional<Candidate> FreeBitsRun::raisedCandidate(const CostModel& model, double strength,
                                                      const BitAssignment& chosen)
{
    const auto bits = raised(model, chosen);
    const auto cost = model.totals(bits);
    const auto& profile = model.profile();
    const auto* over = exceededBudget(m_options.budgets, model, bits, cost);
    if (cost.infeasible || over != nullptr) {
        m_context.leaveOut(cost.infeasible
                               ? "not for " + profile.name() + ": " +
                                     model.cost(bits).infeasible_reason
                               : "more than " + budgetText(*over) + " on " + profile.name());
        m_context.meter().skip(m_tasks.candidateWork());
        return std::nullopt;
    }
    auto from = provenance("free-bits", PointRole::Refined, "strength " + shortestText(strength));
    from.target = profile.name();
    from.profile_hash = profile.hash();
    return Candidate{"stage 2 " + shortestText(strength) + " " + profile.name(), bits, from,
                     m_runner.keyOf(stageOneCandidate(strength, chosen))};
}

std::vector<Candidate> FreeBitsRun::stageTwoCandidates(const Chosen& chosen)
{
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const double strength = m_options.strengths[i];
        if (!chosen[i] || m_context.ledger().point(stageOneTask(strength)) == nullptr)
            continue; // left out
        for (const auto& model : m_tasks.models())
            if (auto candidate = raisedCandidate(model, strength, *chosen[i]))
                candidates.push_back(std::move(*candidate));
    }
    return candidates;
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

namespace {

/// With the options that it was made of.
class OwningTasks : public TaskPerformer {
public:
    OwningTasks(const MethodInfo& method, const SearchProblem& problem)
        : m_problem(problem),
          m_options(FreeBitsOptions::of(method, m_problem)),
          m_tasks(m_problem, m_options)
    {
    }
    TaskResult perform(const TaskSpec& task, const WorkDone& worked,
                       const std::stop_token& stop) const override
    {
        return m_tasks.perform(task, worked, stop);
    }

private:
    SearchProblem m_problem;
    FreeBitsOptions m_options;
    FreeBitsTasks m_tasks;
};

} // namespace

std::unique_ptr<TaskPerformer> FreeBits::performer(const SearchProblem& problem) const
{
    checkFreeBitsProblem(problem);
    return std::make_unique<OwningTasks>(info(), problem);
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
