// SPDX-License-Identifier: Apache-2.0
#include "app/cli/accuracy_json.h"
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/learning/evaluator.h"
#include "core/learning/trainer.h"
#include "core/network/open/open_network.h"

#include <cmath>
#include <filesystem>
#include <limits>

namespace bitdial::cli {
namespace {

TrainOptions readOptions(const Arguments& arguments)
{
    TrainOptions options;
    options.epochs = int(*arguments.integer("epochs", 1, 100000));
    options.seed = std::uint64_t(
        arguments.integer("seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1));
    options.batch_size =
        int(arguments.integer("batch-size", 1, 65536).value_or(options.batch_size));
    options.learning_rate =
        arguments.number("learning-rate", 0, 10).value_or(options.learning_rate);
    return options;
}

/// Hours of training must not end at a folder that does not exist.
std::filesystem::path outputFile(const Arguments& arguments)
{
    auto file = std::filesystem::absolute(arguments.text("out"));
    if (file.extension() != ".onnx")
        arguments.fail("The result is an ONNX file", "--out does not end in .onnx");
    if (!std::filesystem::is_directory(file.parent_path()))
        arguments.fail("Cannot write there",
                       "the folder " + file.parent_path().string() + " does not exist",
                       "Make it first");
    return file;
}

void showProgress(const TrainProgress& now, int samples)
{
    if (now.validation_accuracy < 0)
        return; // once an epoch is enough for a log
    const Accuracy accuracy{Rung::Float, DataRole::Validation,
                            int(std::lround(now.validation_accuracy * samples)), samples};
    message("epoch " + std::to_string(now.epoch) + "/" + std::to_string(now.epochs) + ": loss " +
            fixed(now.loss, 4) + ", top-1 " + describe(accuracy) + ", " + fixed(now.eta_s, 0) +
            " s to go");
}

int run(const Arguments& arguments)
{
    const StopSignal stop;
    const auto options = readOptions(arguments);
    const auto file = outputFile(arguments);
    useThreads(arguments);
    const auto network =
        openNetworkSource(arguments.operand(0)).network->withName(file.stem().string());
    const auto data = openSplits(arguments.text("data"));
    const auto trained =
        trainNetwork(network, data, options, stop.token(),
                     [&](const TrainProgress& now) { showProgress(now, data.validation.size()); });
    writeFileAtomically(file, exportOnnx(*trained, options.metadata()));
    const auto validation =
        evaluateFloat(trained, data.validation, DataRole::Validation, stop.token());
    const auto test = evaluateFloat(trained, data.test, DataRole::Test, stop.token());
    if (arguments.json())
        print(nlohmann::ordered_json{{"out", file.string()},
                                     {"epochs", options.epochs},
                                     {"seed", options.seed},
                                     {"parameters", trained->parameterCount()},
                                     {"validation", accuracyJson(validation)},
                                     {"test", accuracyJson(test)}}
                  .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
              '\n');
    else
        print("top-1 " + describe(validation) + "\ntop-1 " + describe(test) + "\nwritten to " +
              file.string() + "\n");
    return exit_done;
}

} // namespace

Verb trainVerb()
{
    return {{"train",
             {"NETWORK"},
             "Trains a network and writes it as ONNX, with seed, epochs and augmentation recorded.",
             {{"data", "D", "'demo' or a data.json", true},
              {"epochs", "N", "passes over the training samples", true},
              {"out", "FILE.onnx", "the trained network", true},
              {"seed", "N", "seed of everything random, 1"},
              {"batch-size", "N", "samples per step"},
              {"learning-rate", "X", "its peak"},
              threadsOption()}},
            run};
}

} // namespace bitdial::cli
