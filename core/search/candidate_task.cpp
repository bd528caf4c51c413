// SPDX-License-Identifier: Apache-2.0
#include "core/search/candidate_task.h"

#include "core/base/error.h"
#include "core/learning/evaluator.h"
#include "core/learning/threads.h"
#include "core/quantization/integer_evaluator.h"
#include "core/search/accuracy_list.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

using Json = nlohmann::json;

/// Work of an evaluated image, in trained images, as measured on fashion-resnet8.
constexpr double integer_image_work = 0.15;
constexpr double fake_image_work = 0.2;

CandidateResult work(const SearchProblem& problem, const BitAssignment& bits, const MakeState& make,
                     const WorkDone& worked, const std::stop_token& stop)
{
    const QuantizationState state = make(bits, stop);
    const auto integers =
        std::make_shared<const IntegerNetwork>(foldToIntegers(problem.network, bits, state));
    const auto evaluate = [&](const ImageSubset& samples, DataRole role) {
        auto accuracy = evaluateInteger(integers, samples, role, 1, stop);
        worked(integer_image_work * samples.size());
        return accuracy;
    };
    CandidateResult result;
    result.found = {evaluate(problem.data.validation, DataRole::Validation)};
    // Measured while the numbers are at hand, but told at the end only: nothing here looks at it.
    const auto& test = problem.data.test;
    result.at_end = {evaluate(test, DataRole::Test),
                     evaluateFake(problem.network, bits, state, test, DataRole::Test, stop)};
    worked(fake_image_work * test.size());
    result.state = encodeState(state);
    return result;
}

} // namespace

TaskSpec candidateTask(const std::string& name, const Network& network, const BitAssignment& bits)
{
    return {candidate_task_kind, name, toBitsJson(network, bits)};
}

TaskResult performCandidate(const SearchProblem& problem, const TaskSpec& task,
                            const MakeState& make, const WorkDone& worked,
                            const std::stop_token& stop)
{
    const SingleThreadedLearning one_thread; // several candidates at a time
    const auto bits = fromBitsJson(*problem.network, task.input, "task '" + task.name + "'");
    try {
        auto result = work(problem, bits, make, worked, stop);
        const Json output = {{"state", result.state.hash},
                             {"parameters", result.state.parameters_hash},
                             {"found", accuracyList(result.found)},
                             {"at_end", accuracyList(result.at_end)}};
        TaskResult done{output.dump(), {}};
        done.blobs.push_back(std::move(result.state.parameters));
        done.blobs.push_back(std::move(result.state.quantizers));
        return done;
    } catch (const Error& error) {
        // Of a candidate that integers cannot express only the reason is kept: the others go on.
        if (error.code() != ErrorCode::Infeasible)
            throw;
        const Json output = {{"refused", error.details().where + ": " + error.details().why}};
        return {output.dump(-1, ' ', false, Json::error_handler_t::replace), {}};
    }
}

CandidateResult candidateResult(const TaskSpec& task, TaskResult result)
{
    const auto damaged = [&](const std::string& why) -> Error {
        return {ErrorCode::BadInput, "A task's result cannot be read", task.name, why,
                "Resume the search: the task is done again"};
    };
    try {
        const auto output = Json::parse(result.output);
        CandidateResult read;
        read.refused = output.value("refused", "");
        if (!read.refused.empty())
            return read;
        if (result.blobs.size() != 2)
            throw damaged("its numbers are missing");
        read.state = {output.at("state").get<std::string>(),
                      output.at("parameters").get<std::string>(), std::move(result.blobs[0]),
                      std::move(result.blobs[1])};
        read.found = accuraciesOf(output.at("found"));
        read.at_end = accuraciesOf(output.at("at_end"));
        return read;
    } catch (const Json::exception& error) {
        throw damaged(error.what());
    }
}

double candidateMeasuringWork(const DataSplits& data)
{
    const int test = data.test.size();
    return integer_image_work * (data.validation.size() + test) + fake_image_work * test;
}

} // namespace bitdial
