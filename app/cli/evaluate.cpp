// SPDX-License-Identifier: Apache-2.0
#include "app/cli/accuracy_json.h"
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/learning/evaluator.h"
#include "core/quantization/integer_evaluator.h"

#include <chrono>
#include <optional>
#include <vector>

namespace bitdial::cli {
namespace {

struct Measured {
    Accuracy accuracy;
    std::vector<int> predictions;
};

/// The rungs of one assignment on the same samples; its steps and weights are got once.
class Evaluation {
public:
    Evaluation(const Arguments& arguments, const EvaluationSamples& samples, std::stop_token stop)
        : m_arguments(arguments),
          m_samples(samples),
          m_stop(std::move(stop)),
          m_threads(useThreads(arguments))
    {
    }

    Measured on(const std::string& rung)
    {
        Measured result;
        if (rung == "float") {
            result.accuracy =
                evaluateFloat(openNetworkSource(m_arguments.operand(0)).network, m_samples.subset,
                              m_samples.role, m_stop, &result.predictions);
            return result;
        }
        if (!m_point)
            m_point = pointToEvaluate(m_arguments, m_stop);
        if (rung == "fake") {
            result.accuracy =
                evaluateFake(m_point->network, m_point->bits, m_point->state, m_samples.subset,
                             m_samples.role, m_stop, &result.predictions);
            return result;
        }
        result.accuracy = evaluateInteger(fold(*m_point), m_samples.subset, m_samples.role,
                                          m_threads, m_stop, {}, &result.predictions);
        return result;
    }

private:
    const Arguments& m_arguments;
    const EvaluationSamples& m_samples;
    std::stop_token m_stop;
    int m_threads;
    std::optional<QuantizedPoint> m_point;
};

std::string rungOf(const Arguments& arguments)
{
    const bool quantized = hasBits(arguments) || arguments.has("point");
    auto rung =
        arguments.choice("rung", {"float", "fake", "integer"}, quantized ? "integer" : "float");
    if (rung == "float" && quantized)
        arguments.fail("The float rung has no bits",
                       "--bits, --uniform and --point say what is quantized",
                       "Give --rung fake or integer, or leave the bits out");
    return rung;
}

/// The rung that --compare names; empty: none.
std::string comparedRung(const Arguments& arguments, const std::string& rung)
{
    if (!arguments.has("compare"))
        return {};
    if (!hasBits(arguments) && !arguments.has("point"))
        arguments.fail("There is nothing to compare", "the network has no bits here",
                       "Give --bits, --uniform or --point");
    auto compared = arguments.choice("compare", {"float", "fake", "integer"}, "");
    if (compared == rung)
        arguments.fail("A rung is compared with itself", "--compare " + compared,
                       "Name another rung");
    return compared;
}

int agreeing(const Measured& one, const Measured& other)
{
    int same = 0;
    for (std::size_t i = 0; i < one.predictions.size(); ++i)
        same += one.predictions[i] == other.predictions[i];
    return same;
}

std::string comparison(const Measured& measured, const Measured& other)
{
    const int same = agreeing(measured, other);
    const int samples = measured.accuracy.samples;
    return "top-1 " + describe(other.accuracy) + "\nthe same class on " + std::to_string(same) +
           "/" + std::to_string(samples) + " samples, " + fixed(100.0 * same / samples, 2) +
           " %; top-1 differs by " +
           fixed(100 * (measured.accuracy.top1() - other.accuracy.top1()), 2) + " points\n";
}

int run(const Arguments& arguments)
{
    const auto rung = rungOf(arguments);
    const auto compared = comparedRung(arguments, rung);
    const StopSignal stop;
    const auto samples = openSamples(arguments);
    Evaluation evaluation(arguments, samples, stop.token());
    const auto start = std::chrono::steady_clock::now();
    const auto measured = evaluation.on(rung);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::optional<Measured> other;
    if (!compared.empty())
        other = evaluation.on(compared);
    if (arguments.json()) {
        auto result = accuracyJson(measured.accuracy);
        result["seconds"] = taken.count();
        if (other) {
            result["compared"] = accuracyJson(other->accuracy);
            result["compared"]["agreeing"] = agreeing(measured, *other);
        }
        print(result.dump(2) + '\n');
        return exit_done;
    }
    print("top-1 " + describe(measured.accuracy) + " in " + fixed(taken.count(), 1) + " s\n");
    if (other)
        print(comparison(measured, *other));
    return exit_done;
}

} // namespace

Verb evaluateVerb()
{
    return {{"evaluate",
             {"NETWORK"},
             "Top-1 accuracy with its 95 % interval.",
             withBitsOptions({{"data", "D", "'demo' or a data.json", true},
                              {"point", "ID", "a project's point with its own weights"},
                              {"rung", "R", "float, fake or integer"},
                              {"compare", "R", "another rung, and how often both agree"},
                              {"samples", "N", "only the first N samples"},
                              threadsOption()})},
            run};
}

} // namespace bitdial::cli
