// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits_tasks.h"

#include "core/base/error.h"
#include "core/learning/threads.h"
#include "core/search/candidate_task.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr const char* gate_task_kind = "gates";

std::vector<CostModel> modelsOf(const SearchProblem& problem)
{
    std::vector<CostModel> models;
    for (const auto& profile : problem.profiles)
        models.emplace_back(problem.network, profile);
    return models;
}

} // namespace

FreeBitsTasks::FreeBitsTasks(const SearchProblem& problem, const FreeBitsOptions& options)
    : m_problem(problem),
      m_options(options),
      m_models(modelsOf(problem)),
      m_space(SearchSpace::ofTargets(m_models).locked(options.locks))
{
    checkBudgets(options.budgets, m_models);
}

double FreeBitsTasks::gateWork() const
{
    return double(m_options.gates.steps) * m_options.gates.batch_size;
}

double FreeBitsTasks::candidateWork() const
{
    return double(m_options.tuning.steps) * m_options.tuning.batch_size +
           candidateMeasuringWork(m_problem.data);
}

void FreeBitsTasks::calibrate(const std::stop_token& stop) const
{
    calibration(stop);
}

const Calibration& FreeBitsTasks::calibration(const std::stop_token& stop) const
{
    const std::lock_guard lock(m_mutex);
    if (!m_calibration)
        m_calibration.emplace(m_problem.network, m_problem.data.calibration, stop);
    return *m_calibration;
}

TaskSpec FreeBitsTasks::gateTask(const std::string& name, double strength) const
{
    return {gate_task_kind, name, Json({{"strength", strength}}).dump()};
}

BitAssignment FreeBitsTasks::chosen(const TaskSpec& task, const TaskResult& result) const
{
    return fromBitsJson(*m_problem.network, result.output, "task '" + task.name + "'");
}

TaskResult FreeBitsTasks::perform(const TaskSpec& task, const WorkDone& worked,
                                  const std::stop_token& stop) const
{
    const SingleThreadedLearning one_thread; // several tasks at a time
    if (task.kind == gate_task_kind)
        return searchGate(task, worked, stop);
    if (task.kind != candidate_task_kind)
        throw Error(ErrorCode::BadInput, "A task is not one of Free Bits", task.name,
                    "its kind is '" + task.kind + "'", "Use the same version everywhere");
    // From the same numbers with the same steps for every assignment.
    const auto tune = [&](const BitAssignment& bits, const std::stop_token& stopped) {
        return fineTune(m_problem.network, bits, calibration(stopped), m_problem.data.train,
                        m_options.tuning, stopped,
                        [&](int) { worked(m_options.tuning.batch_size); });
    };
    return performCandidate(m_problem, task, tune, worked, stop);
}

TaskResult FreeBitsTasks::searchGate(const TaskSpec& task, const WorkDone& worked,
                                     const std::stop_token& stop) const
{
    auto options = m_options.gates;
    try {
        options.strength = Json::parse(task.input).at("strength").get<double>();
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "A task cannot be read", task.name, error.what(),
                    "Use the same version everywhere");
    }
    const auto target = std::ranges::find_if(m_models, [&](const CostModel& model) {
        return model.profile().name() == m_options.latency_target;
    });
    const auto bits = searchGates(m_problem.network, calibration(stop), m_problem.data.train,
                                  options, m_space, target == m_models.end() ? nullptr : &*target,
                                  stop, [&](int) { worked(options.batch_size); });
    return {toBitsJson(*m_problem.network, bits), {}};
}

} // namespace bitdial
