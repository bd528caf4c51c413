// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits_options.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/data/data_fit.h"
#include "core/network/network_check.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace bitdial {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& why)
{
    throw Error(ErrorCode::Usage, "An option of free-bits has a wrong value", key, why,
                "Give another value, or leave it out for the default");
}

double numberOf(const std::string& key, const std::string& text, double low, double high)
{
    double value = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end || !(value >= low && value <= high))
        refuse(key, "'" + text + "' is not a number from " + std::to_string(low) + " to " +
                        std::to_string(high));
    return value;
}

int countOf(const std::string& key, const std::string& text, int low, int high)
{
    const double value = numberOf(key, text, low, high);
    if (value != double(int(value)))
        refuse(key, "'" + text + "' is not a whole number");
    return int(value);
}

std::vector<double> listOf(const std::string& key, const std::string& text)
{
    std::vector<double> values;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto comma = std::min(text.find(',', begin), text.size());
        values.push_back(numberOf(key, text.substr(begin, comma - begin), 0, 1000));
        begin = comma + 1;
    }
    auto sorted = values;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
        refuse(key, "it has " + std::to_string(*twice) + " twice");
    return values;
}

GateCharge chargeOf(const std::string& text)
{
    if (text == "bops")
        return GateCharge::Bops;
    if (text == "latency")
        return GateCharge::Latency;
    refuse("charge", "'" + text + "' is neither bops nor latency");
}

const std::vector<std::string>& knownKeys()
{
    static const std::vector<std::string> keys = {
        "strengths",      "charge",           "latency_target", "gate_steps",
        "gate_batch",     "gate_rate",        "tune_steps",     "tune_batch",
        "tune_step_rate", "gate_weight_rate", "tune_rate",      "max_latency_ms"};
    return keys;
}

/// One key into the options; false for an unknown one.
bool set(FreeBitsOptions& options, const std::string& key, const std::string& text)
{
    auto& gates = options.gates;
    auto& tuning = options.tuning;
    if (key == "strengths")
        options.strengths = listOf(key, text);
    else if (key == "charge")
        gates.charge = chargeOf(text);
    else if (key == "latency_target")
        options.latency_target = text;
    else if (key == "gate_steps")
        gates.steps = countOf(key, text, 1, 1000000);
    else if (key == "gate_batch")
        gates.batch_size = countOf(key, text, 2, 4096);
    else if (key == "gate_rate")
        gates.gate_learning_rate = numberOf(key, text, 0, 10);
    else if (key == "gate_weight_rate")
        gates.weight_learning_rate = numberOf(key, text, 0, 10);
    else if (key == "tune_steps")
        tuning.steps = countOf(key, text, 1, 1000000);
    else if (key == "tune_batch")
        tuning.batch_size = countOf(key, text, 2, 4096);
    else if (key == "tune_rate")
        tuning.learning_rate = numberOf(key, text, 0, 10);
    else if (key == "tune_step_rate")
        tuning.step_learning_rate = numberOf(key, text, 0, 10);
    else if (key == "max_latency_ms")
        options.max_latency_ms = numberOf(key, text, 0, 1e9);
    else
        return false;
    return true;
}

/// The target of the latency charge must be one of the search's.
void checkLatencyTarget(FreeBitsOptions& options, const SearchProblem& problem)
{
    if (options.gates.charge != GateCharge::Latency) {
        if (!options.latency_target.empty())
            refuse("latency_target", "it has no effect with charge=bops");
        return;
    }
    if (options.latency_target.empty())
        options.latency_target = problem.profiles.front()->name();
    if (std::ranges::none_of(problem.profiles, [&](const auto& profile) {
            return profile->name() == options.latency_target;
        }))
        refuse("latency_target", "the search has no target '" + options.latency_target + "'");
}

} // namespace

FreeBitsOptions FreeBitsOptions::of(const SearchProblem& problem)
{
    FreeBitsOptions options;
    for (const auto& [key, text] : problem.options)
        if (!set(options, key, text))
            throw Error(ErrorCode::Usage, "free-bits has no such option", key,
                        "it is none of the method's keys",
                        didYouMean(key, knownKeys()) + " Else leave it out");
    checkLatencyTarget(options, problem);
    options.gates.seed = problem.seed;
    options.tuning.seed = problem.seed;
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
    if (max_latency_ms)
        object["max_latency_ms"] = *max_latency_ms;
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
