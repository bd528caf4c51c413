// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/data/data_source.h"
#include "core/learning/evaluator.h"
#include "core/quantization/integer_evaluator.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

namespace bitdial::cli {
namespace {

struct Samples {
    ImageSubset subset;
    DataRole role = DataRole::All;
};

Samples openSamples(const Arguments& arguments)
{
    const auto source = arguments.text("data");
    Samples samples{openEvaluationData(source), source == "demo" ? DataRole::Test : DataRole::All};
    auto& indices = samples.subset.indices;
    const auto wanted = arguments.integer("samples", 1, std::numeric_limits<int>::max());
    if (wanted)
        indices.resize(std::min(indices.size(), std::size_t(*wanted)));
    return samples;
}

QuantizedPoint openPoint(const Arguments& arguments, const std::stop_token& stop)
{
    if (const auto id = arguments.integer("point", 1, std::numeric_limits<std::int64_t>::max())) {
        if (hasBits(arguments))
            arguments.fail("Two options exclude each other",
                           "a point has bits of its own, --bits and --uniform give others");
        return pointOfProject(arguments.operand(0), *id);
    }
    const auto network = openNetworkSource(arguments.operand(0)).network;
    return calibratedPoint(network, readBits(arguments, *network), arguments.text("data"), stop);
}

Accuracy measure(const Arguments& arguments, const std::string& rung, const Samples& samples,
                 const std::stop_token& stop)
{
    const int threads = useThreads(arguments);
    if (rung == "float")
        return evaluateFloat(openNetworkSource(arguments.operand(0)).network, samples.subset,
                             samples.role, stop);
    const auto point = openPoint(arguments, stop);
    if (rung == "fake")
        return evaluateFake(point.network, point.bits, point.state, samples.subset, samples.role,
                            stop);
    auto accuracy = evaluateInteger(fold(point), samples.subset, threads, stop);
    accuracy.role = samples.role;
    return accuracy;
}

std::string rungOf(const Arguments& arguments)
{
    const bool quantized = hasBits(arguments) || arguments.has("point");
    const auto rung =
        arguments.choice("rung", {"float", "fake", "integer"}, quantized ? "integer" : "float");
    if (rung == "float" && quantized)
        arguments.fail("The float rung has no bits",
                       "--bits, --uniform and --point say what is quantized",
                       "Give --rung fake or integer, or leave the bits out");
    return rung;
}

int run(const Arguments& arguments)
{
    const auto rung = rungOf(arguments);
    const auto samples = openSamples(arguments);
    const StopSignal stop;
    const auto start = std::chrono::steady_clock::now();
    const auto accuracy = measure(arguments, rung, samples, stop.token());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (arguments.json())
        print(nlohmann::ordered_json{{"rung", rungName(accuracy.rung)},
                                     {"role", dataRoleName(accuracy.role)},
                                     {"top1", accuracy.top1()},
                                     {"correct", accuracy.correct},
                                     {"samples", accuracy.samples},
                                     {"ci_low", accuracy.ciLow()},
                                     {"ci_high", accuracy.ciHigh()},
                                     {"seconds", taken.count()}}
                  .dump(2) +
              '\n');
    else
        print("top-1 " + describe(accuracy) + " in " + fixed(taken.count(), 1) + " s\n");
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
                              {"samples", "N", "only the first N samples"},
                              threadsOption()})},
            run};
}

} // namespace bitdial::cli
