// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/data/data_source.h"
#include "core/deployment/interchange/deeploy_export.h"
#include "core/deployment/interchange/dory_export.h"
#include "core/deployment/interchange/interchange_export.h"
#include "core/deployment/pulp_nn/golden_vectors.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"
#include "core/network/onnx/quantized_export.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <set>

namespace bitdial::cli {
namespace {

constexpr int default_images = 16;
constexpr int most_images = 64;
const std::string pulp_nn = "pulp-nn";
const std::string dory = "dory";
const std::string deeploy = "deeploy";
const std::vector<std::string> aimet_versions = {"0.6.1", "1.0.0"};

QuantizedPoint openPoint(const Arguments& arguments, const std::stop_token& stop)
{
    const auto& source = arguments.operand(0);
    if (const auto id = arguments.integer("point", 1, std::numeric_limits<std::int64_t>::max())) {
        if (hasBits(arguments))
            arguments.fail("Two options exclude each other",
                           "a point has bits of its own, --bits and --uniform give others");
        auto point = pointOfProject(source, *id);
        point.data_source = arguments.text("data", point.data_source);
        return point;
    }
    if (!hasBits(arguments))
        arguments.fail("The bits are missing", "nothing says what to export",
                       "Give --point of a project, --bits or --uniform");
    if (!arguments.has("data"))
        arguments.fail("The data is missing", "calibration needs samples", "Give --data");
    const auto network = openNetworkSource(source).network;
    return calibratedPoint(network, readBits(arguments, *network), arguments.text("data"), stop);
}

std::string titleOf(const Arguments& arguments, const QuantizedPoint& point)
{
    return point.network->name() +
           (arguments.has("point") ? ", point " + arguments.text("point") : "");
}

void addLosses(const std::vector<InterchangeLoss>& losses, nlohmann::ordered_json& more,
               std::string& line)
{
    auto& list = more["losses"] = nlohmann::ordered_json::array();
    if (!losses.empty())
        line += "; what it does not say, or says otherwise:";
    for (const auto& loss : losses) {
        list.push_back({{"where", loss.where}, {"what", loss.what}});
        line += "\n  " + (loss.where.empty() ? "" : shownName(loss.where) + ": ") + loss.what;
    }
}

/// Tells what was written: as the verb's JSON with `more` in it, or as `line`.
void tell(const Arguments& arguments, const QuantizedPoint& point,
          const nlohmann::ordered_json& more, const std::string& line)
{
    if (!arguments.json())
        return print(line + "\n");
    nlohmann::ordered_json result = {{"out", arguments.text("out")},
                                     {"format", arguments.text("format", pulp_nn)}};
    result.update(more);
    result["bits"] = nlohmann::ordered_json::parse(toBitsJson(*point.network, point.bits));
    print(result.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

int runForTarget(const Arguments& arguments, const std::string& format)
{
    const StopSignal stop;
    const auto images = arguments.integer("images", 1, most_images).value_or(default_images);
    if (!arguments.has("profile"))
        arguments.fail("The target is missing", "the code is for one target", "Give --profile");
    const auto profiles = askedProfiles(arguments);
    if (profiles.size() != 1)
        arguments.fail("An export is for one target", "--profile names several", "Name one");
    useThreads(arguments);
    const auto point = openPoint(arguments, stop.token());
    ExportRequest request;
    request.network = fold(point);
    request.profile = profiles.front();
    // DORY takes one input.
    request.golden_inputs = goldenInputs(*point.network, openEvaluationData(point.data_source),
                                         format == dory ? 1 : int(images));
    request.title = titleOf(arguments, point);
    nlohmann::ordered_json more = {{"profile", request.profile->name()},
                                   {"images", request.golden_inputs.size()}};
    std::string line = "exported to " + arguments.text("out") + " with " +
                       std::to_string(request.golden_inputs.size()) +
                       (request.golden_inputs.size() == 1 ? " golden input" : " golden inputs");
    if (format == pulp_nn)
        exportPulpNn(request, arguments.text("out"));
    else
        addLosses(format == dory ? exportDory(request, arguments.text("out"))
                                 : exportDeeploy(request, arguments.text("out")),
                  more, line);
    tell(arguments, point, more, line);
    return exit_done;
}

int runInterchange(const Arguments& arguments, InterchangeFormat format)
{
    const StopSignal stop;
    useThreads(arguments);
    const auto version = arguments.choice("aimet-version", aimet_versions, aimet_versions[0]);
    const auto opset = arguments.integer("opset", oldest_qdq_opset, newest_qdq_opset);
    const auto point = openPoint(arguments, stop.token());
    InterchangeRequest request{
        point.network, point.bits,
        point.state,   titleOf(arguments, point),
        std::nullopt,  version == aimet_versions[0] ? AimetVersion::V0_6_1 : AimetVersion::V1_0_0};
    if (opset)
        request.opset = int(*opset);
    const auto losses = exportInterchange(request, format, arguments.text("out"));
    nlohmann::ordered_json more = nlohmann::ordered_json::object();
    std::string line = "exported to " + arguments.text("out");
    addLosses(losses, more, line);
    tell(arguments, point, more, line);
    return exit_done;
}

/// Options that mean nothing to the format are refused rather than left aside.
void checkOptions(const Arguments& arguments, const std::string& format)
{
    const auto only = [&](const char* option, const std::set<std::string>& whose) {
        if (arguments.has(option) && !whose.contains(format))
            arguments.fail("An option does not belong to the format",
                           std::string("--") + option + " means nothing to " + format,
                           "Leave it out");
    };
    only("opset", {"onnx-qdq"});
    only("aimet-version", {"aimet"});
    only("images", {pulp_nn, deeploy});
}

int run(const Arguments& arguments)
{
    const auto format = arguments.choice(
        "format", {pulp_nn, dory, deeploy, "qonnx", "onnx-qdq", "aimet", "csv"}, pulp_nn);
    checkOptions(arguments, format);
    const auto interchange = interchangeFormatNamed(format);
    return interchange ? runInterchange(arguments, *interchange) : runForTarget(arguments, format);
}

} // namespace

Verb exportVerb()
{
    return {
        {"export",
         {"NETWORK"},
         "Writes a C project with weights, golden inputs and outputs of every layer, or a "
         "quantized network in a format of other programs.",
         withBitsOptions(
             {{"profile", "P", "the target; needed by pulp-nn, dory and deeploy"},
              {"out", "DIR", "the folder to make", true},
              {"point", "ID", "a project's point with its own weights"},
              {"data", "D", "'demo' or a data.json; of a project: its own"},
              {"format", "F", "pulp-nn (if not given), dory, deeploy, qonnx, onnx-qdq, aimet, csv"},
              {"images", "N", "golden inputs, 1 to 64 (16)"},
              {"opset", "N", "of onnx-qdq, 13 to 25; else the first that suffices"},
              {"aimet-version", "V", "0.6.1 (if not given) or 1.0.0"},
              threadsOption()})},
        run};
}

} // namespace bitdial::cli
