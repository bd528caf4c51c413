// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/data/data_source.h"
#include "core/network/onnx/quantized_export.h"
#include "core/session/export_point.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <map>
#include <set>

namespace bitdial::cli {
namespace {

const std::string pulp_nn = "pulp-nn";
const std::vector<std::string> aimet_versions = {"0.6.1", "1.0.0"};

AskedPoint openPoint(const Arguments& arguments, const std::stop_token& stop)
{
    const auto& source = arguments.operand(0);
    if (const auto id = arguments.integer("point", 1, std::numeric_limits<std::int64_t>::max())) {
        if (hasBits(arguments))
            arguments.fail("Two options exclude each other",
                           "a point has bits of its own, --bits and --uniform give others");
        auto asked = pointOfProject(source, *id);
        asked.data_source = arguments.text("data", asked.data_source);
        return asked;
    }
    if (!hasBits(arguments))
        arguments.fail("The bits are missing", "nothing says what to export",
                       "Give --point of a project, --bits or --uniform");
    if (!arguments.has("data"))
        arguments.fail("The data is missing", "calibration needs samples", "Give --data");
    const auto network = openNetworkSource(source).network;
    return calibratedOn(arguments.text("data"), network, readBits(arguments, *network), stop);
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

/// Tells what was written: as the verb's JSON, or in a line.
void tell(const Arguments& arguments, const PointExport& asked, const PointExported& exported)
{
    const auto folder = arguments.text("out");
    if (exported.replaced)
        message("note: " + folder + " held the export of " + shownName(*exported.replaced) +
                ", which is replaced");
    nlohmann::ordered_json more = nlohmann::ordered_json::object();
    std::string line = "exported to " + folder;
    if (asked.profile) {
        const auto inputs = exported.golden_inputs;
        more = {{"profile", asked.profile->name()}, {"images", inputs}};
        line +=
            " with " + std::to_string(inputs) + (inputs == 1 ? " golden input" : " golden inputs");
    }
    if (asked.format != ExportFormat::PulpNn)
        addLosses(exported.losses, more, line);
    if (!arguments.json())
        return print(line + "\n");
    nlohmann::ordered_json result = {{"out", folder},
                                     {"format", arguments.text("format", pulp_nn)}};
    result.update(more);
    const auto& point = asked.point;
    result["bits"] = nlohmann::ordered_json::parse(toBitsJson(*point.network, point.bits));
    print(result.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

std::shared_ptr<const HardwareProfile> targetOf(const Arguments& arguments)
{
    if (!arguments.has("profile"))
        arguments.fail("The target is missing", "the code is for one target", "Give --profile");
    const auto profiles = askedProfiles(arguments);
    if (profiles.size() != 1)
        arguments.fail("An export is for one target", "--profile names several", "Name one");
    return profiles.front();
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
    only("images", {pulp_nn, "deeploy"});
}

ExportFormat formatOf(const Arguments& arguments)
{
    const std::map<std::string, ExportFormat> formats = {
        {pulp_nn, ExportFormat::PulpNn},     {"dory", ExportFormat::Dory},
        {"deeploy", ExportFormat::Deeploy},  {"qonnx", ExportFormat::Qonnx},
        {"onnx-qdq", ExportFormat::OnnxQdq}, {"aimet", ExportFormat::Aimet061},
        {"csv", ExportFormat::Csv}};
    const auto name = arguments.choice(
        "format", {pulp_nn, "dory", "deeploy", "qonnx", "onnx-qdq", "aimet", "csv"}, pulp_nn);
    checkOptions(arguments, name);
    const auto version = arguments.choice("aimet-version", aimet_versions, aimet_versions[0]);
    return version == aimet_versions[0] ? formats.at(name) : ExportFormat::Aimet100;
}

int run(const Arguments& arguments)
{
    PointExport asked;
    asked.format = formatOf(arguments);
    const StopSignal stop;
    if (const auto images = arguments.integer("images", 1, most_golden_images))
        asked.images = int(*images);
    if (const auto opset = arguments.integer("opset", oldest_qdq_opset, newest_qdq_opset))
        asked.opset = int(*opset);
    if (factsOf(asked.format).has_target)
        asked.profile = targetOf(arguments);
    useThreads(arguments);
    auto opened = openPoint(arguments, stop.token());
    asked.point = std::move(opened.point);
    asked.title = titleOf(arguments, asked.point);
    if (asked.profile)
        asked.samples = openEvaluationData(opened.data_source);
    tell(arguments, asked, exportPoint(asked, arguments.text("out")));
    return exit_done;
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
