// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/data/data_source.h"
#include "core/deployment/golden_vectors.h"
#include "core/deployment/pulp_nn_export.h"

#include <nlohmann/json.hpp>

#include <limits>

namespace bitdial::cli {
namespace {

constexpr int default_images = 16;
constexpr int most_images = 64;

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

int run(const Arguments& arguments)
{
    const StopSignal stop;
    arguments.choice("format", {"pulp-nn"}, "pulp-nn");
    const auto images = arguments.integer("images", 1, most_images).value_or(default_images);
    const auto profiles = askedProfiles(arguments);
    if (profiles.size() != 1)
        arguments.fail("An export is for one target", "--profile names several", "Name one");
    useThreads(arguments);
    const auto point = openPoint(arguments, stop.token());
    ExportRequest request;
    request.network = fold(point);
    request.profile = profiles.front();
    request.golden_inputs = goldenInputs(openEvaluationData(point.data_source), int(images));
    request.title = point.network->name() +
                    (arguments.has("point") ? ", point " + arguments.text("point") : "");
    exportPulpNn(request, arguments.text("out"));
    if (arguments.json())
        print(nlohmann::ordered_json{
                  {"out", arguments.text("out")},
                  {"format", "pulp-nn"},
                  {"profile", request.profile->name()},
                  {"images", request.golden_inputs.size()},
                  {"bits", nlohmann::ordered_json::parse(toBitsJson(*point.network, point.bits))}}
                  .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
              '\n');
    else
        print("exported to " + arguments.text("out") + " with " +
              std::to_string(request.golden_inputs.size()) + " golden inputs\n");
    return exit_done;
}

} // namespace

Verb exportVerb()
{
    return {{"export",
             {"NETWORK"},
             "Writes a C project with weights, golden inputs and outputs of every layer.",
             withBitsOptions({{"profile", "P", "the target", true},
                              {"out", "DIR", "the folder to make", true},
                              {"point", "ID", "a project's point with its own weights"},
                              {"data", "D", "'demo' or a data.json; of a project: its own"},
                              {"format", "F", "pulp-nn"},
                              {"images", "N", "golden inputs, 1 to 64 (16)"},
                              threadsOption()})},
            run};
}

} // namespace bitdial::cli
