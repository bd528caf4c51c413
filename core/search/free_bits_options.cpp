// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits_options.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/network/network_check.h"
#include "core/search/option_values.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bitdial {
namespace {

/// The target of the latency charge must be one of the search's.
void checkLatencyTarget(FreeBitsOptions& options, const OptionValues& values,
                        const SearchProblem& problem)
{
    if (options.gates.charge != GateCharge::Latency) {
        if (!options.latency_target.empty())
            values.refuse("latency_target", "it has no effect with charge=bops");
        return;
    }
    if (options.latency_target.empty())
        options.latency_target = problem.profiles.front()->name();
    if (std::ranges::none_of(problem.profiles, [&](const auto& profile) {
            return profile->name() == options.latency_target;
        }))
        values.refuse("latency_target",
                      "the search has no target '" + options.latency_target + "'");
}

} // namespace

const std::vector<OptionSpec>& FreeBitsOptions::specs()
{
    using enum OptionType;
    constexpr double most_steps = 1000000;
    constexpr double most_batch = 4096;
    constexpr double most_rate = 10;
    static const std::vector<OptionSpec> all = {
        {"strengths",
         Numbers,
         "Strengths",
         "how strongly stage 1 presses for few bits: one search each",
         "0.002,0.004,0.008,0.016,0.05",
         0,
         1000,
         {},
         true},
        {"charge",
         Choice,
         "Stage 1 charges",
         "what stage 1 saves: bit operations, or latency on one target",
         "bops",
         0,
         0,
         {"bops", "latency"},
         true},
        {"latency_target", Target, "Latency of",
         "the target of charge=latency; left out: the first one", "", 0, 0},
        {"gate_steps",
         Count,
         "Stage 1 steps",
         "training steps of each search of stage 1",
         "150",
         1,
         most_steps,
         {},
         true},
        {"gate_batch", Count, "Stage 1 batch", "images in each step of stage 1", "64", 2,
         most_batch},
        {"gate_rate", Number, "Stage 1 gate rate", "learning rate of the gates", "0.04", 0,
         most_rate},
        {"gate_weight_rate", Number, "Stage 1 weight rate",
         "learning rate of the weights in stage 1", "0.002", 0, most_rate},
        {"tune_steps",
         Count,
         "Fine-tuning steps",
         "training steps of each assignment that is kept",
         "400",
         1,
         most_steps,
         {},
         true},
        {"tune_batch", Count, "Fine-tuning batch", "images in each step of fine-tuning", "64", 2,
         most_batch},
        {"tune_rate", Number, "Fine-tuning rate", "learning rate of the weights in fine-tuning",
         "0.01", 0, most_rate},
        {"tune_step_rate", Number, "Fine-tuning step rate",
         "learning rate of the quantizers' steps in fine-tuning", "0.01", 0, most_rate}};
    return all;
}

FreeBitsOptions FreeBitsOptions::of(const MethodInfo& method, const SearchProblem& problem)
{
    const OptionValues values(method, problem.options);
    FreeBitsOptions options;
    options.strengths = values.numbers("strengths");
    options.latency_target = values.text("latency_target");
    options.budgets = problem.budgets;
    options.locks = problem.locks;
    auto& gates = options.gates;
    gates.charge = values.text("charge") == "bops" ? GateCharge::Bops : GateCharge::Latency;
    gates.steps = values.count("gate_steps");
    gates.batch_size = values.count("gate_batch");
    gates.gate_learning_rate = values.number("gate_rate");
    gates.weight_learning_rate = values.number("gate_weight_rate");
    gates.seed = problem.seed;
    auto& tuning = options.tuning;
    tuning.steps = values.count("tune_steps");
    tuning.batch_size = values.count("tune_batch");
    tuning.learning_rate = values.number("tune_rate");
    tuning.step_learning_rate = values.number("tune_step_rate");
    tuning.seed = problem.seed;
    checkLatencyTarget(options, values, problem);
    return options;
}

std::string FreeBitsOptions::json() const
{
    nlohmann::ordered_json object = {
        {"strengths", strengths},
        {"charge", gates.charge == GateCharge::Bops ? "bops" : "latency"},
        {"gate_steps", gates.steps},
        {"gate_batch", gates.batch_size},
        {"gate_rate", gates.gate_learning_rate},
        {"gate_weight_rate", gates.weight_learning_rate},
        {"tune_steps", tuning.steps},
        {"tune_batch", tuning.batch_size},
        {"tune_rate", tuning.learning_rate},
        {"tune_step_rate", tuning.step_learning_rate}};
    if (!latency_target.empty())
        object["latency_target"] = latency_target;
    for (const auto& budget : budgets)
        object["max"].push_back(budgetText(budget));
    for (const auto& lock : locks)
        object["lock"].push_back(lockText(lock));
    return object.dump();
}

void checkFreeBitsProblem(const SearchProblem& problem)
{
    const auto& name = problem.network->name();
    if (!problem.network->hasParameters())
        throw Error(ErrorCode::Infeasible, "Free Bits cannot search", name,
                    "the network is geometry-only, and the method trains",
                    "Train it, or import a file with weights");
    checkSupported(*problem.network);
    for (const auto& layer : problem.network->layers())
        if (const auto why = layer.whyNotQuantizable(); !why.empty())
            throw Error(ErrorCode::Infeasible, "Free Bits cannot search",
                        name + ": layer '" + layer.name + "'", why,
                        "Use a network without it; 'inspect --profile' names all such layers");
    if (problem.profiles.empty())
        throw Error(ErrorCode::Usage, "Free Bits cannot search", name, "no target is given",
                    "Give at least one hardware profile");
    for (const auto& profile : problem.profiles)
        if (std::ranges::count_if(problem.profiles, [&](const auto& other) {
                return other->name() == profile->name();
            }) > 1)
            throw Error(ErrorCode::Usage, "Free Bits cannot search", profile->name(),
                        "two targets have this name", "Give one of them another name");
    const auto& data = problem.data;
    if (data.train.size() == 0)
        throw Error(ErrorCode::Infeasible, "Free Bits cannot search", data.name,
                    "the data has no training samples", "Give data with training samples");
    checkDataFits(*problem.network, data.train, "training");
    checkDataFits(*problem.network, data.calibration, "calibration");
    checkDataFits(*problem.network, data.validation, "validation");
    checkDataFits(*problem.network, data.test, "test");
}

} // namespace bitdial
