// SPDX-License-Identifier: Apache-2.0
#include "app/cli/accuracy_json.h"
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/shown_name.h"
#include "core/data/data_source.h"
#include "core/hardware/model/target_check.h"
#include "core/learning/evaluator.h"
#include "core/network/network_check.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <optional>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shapeText(const TensorShape& shape)
{
    return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" +
           std::to_string(shape.width);
}

Json shapeJson(const TensorShape& shape)
{
    return {shape.channels, shape.height, shape.width};
}

std::int64_t parametersOf(const Network& network, int layer)
{
    if (!network.hasParameters())
        return network.layer(layer).weightCount();
    const auto& numbers = network.parameters()->layers[std::size_t(layer)];
    auto count = std::int64_t(numbers.weights.size() + numbers.bias.size());
    if (numbers.batch_norm)
        count += std::int64_t(numbers.batch_norm->scale.size() + numbers.batch_norm->shift.size());
    return count;
}

/// What was asked about a network, found out.
struct Inspection {
    std::shared_ptr<const Network> network;
    NetworkFacts facts;
    std::vector<TargetCheck> targets;
    std::optional<Accuracy> accuracy;
};

Json targetsJson(const Inspection& inspection)
{
    Json targets = Json::array();
    for (const auto& target : inspection.targets) {
        Json refused = Json::array();
        for (const auto& refusal : target.refusals)
            refused.push_back({{"name", inspection.network->layer(refusal.layer).name},
                               {"reason", refusal.reason}});
        targets.push_back({{"profile", target.profile},
                           {"runs", target.runs()},
                           {"unsupported", std::move(refused)},
                           {"memory", target.memory}});
    }
    return targets;
}

Json layersJson(const Network& network)
{
    Json layers = Json::array();
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto& layer = network.layer(i);
        const auto& shape = layer.geometry;
        layers.push_back({{"name", layer.name},
                          {"kind", layerKindName(layer.kind)},
                          {"in_shape", shapeJson(shape.input)},
                          {"out_shape", shapeJson(shape.output)},
                          {"kernel", {shape.kernel_height, shape.kernel_width}},
                          {"stride", {shape.stride_y, shape.stride_x}},
                          {"macs", layer.macs()},
                          {"parameters", parametersOf(network, i)},
                          {"quantizable", layer.hasWeights() && layer.whyNotQuantizable().empty()},
                          {"not_quantizable_because", layer.whyNotQuantizable()}});
    }
    return layers;
}

std::string asJson(const Inspection& inspection)
{
    const auto& network = *inspection.network;
    const auto& facts = inspection.facts;
    Json unsupported = Json::array();
    Json nodes = Json::array();
    for (const auto& node : network.report()) {
        nodes.push_back({{"name", node.name},
                         {"op", node.op},
                         {"fate", nodeFateName(node.fate)},
                         {"detail", node.detail}});
        if (node.fate == NodeFate::Unsupported)
            unsupported.push_back({{"name", node.name}, {"op", node.op}, {"reason", node.detail}});
    }
    Json result{{"network", network.name()},
                {"hash", network.hash()},
                {"macs", facts.macs},
                {"parameters", facts.parameters},
                {"weight_bytes_8bit", facts.weights},
                {"peak_activation_bytes_8bit", facts.peak_activations},
                {"peak_activation_layer", network.layer(facts.peak_layer).name},
                {"layers", layersJson(network)},
                {"unsupported", std::move(unsupported)},
                {"nodes", std::move(nodes)},
                {"targets", targetsJson(inspection)}};
    if (inspection.accuracy)
        result["accuracy"] = accuracyJson(*inspection.accuracy);
    return result.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string factsText(const Inspection& inspection)
{
    const auto& network = *inspection.network;
    const auto& facts = inspection.facts;
    std::string text =
        network.name() + ": " + std::to_string(network.layerCount()) + " layers, " +
        grouped(facts.macs) + " MACs, " + grouped(facts.parameters) + " parameters\n" +
        "at 8 bits: " + grouped(facts.weights) + " bytes of weights, at most " +
        grouped(facts.peak_activations) + " bytes of activations at once (layer " +
        shownName(network.layer(facts.peak_layer).name) + ")\n" +
        "nodes: " + std::to_string(facts.quantizable) + " quantizable, " +
        std::to_string(facts.fused) + " fused, " + std::to_string(facts.passed_through) +
        " passed through, " + std::to_string(facts.unsupported) + " unsupported\n";
    if (!network.hasParameters())
        text += "no weights: geometry only\n";
    if (inspection.accuracy)
        text += "top-1 " + describe(*inspection.accuracy) + '\n';
    for (const auto& target : inspection.targets) {
        text += target.profile + (target.runs() ? ": runs all of it\n" : ": cannot run it\n");
        for (const auto& refusal : target.refusals)
            text +=
                "  " + shownName(network.layer(refusal.layer).name) + ": " + refusal.reason + '\n';
        if (!target.memory.empty())
            text += "  at 8/8: " + target.memory + '\n';
    }
    return text;
}

std::string asText(const Inspection& inspection)
{
    const auto& network = *inspection.network;
    std::string text = factsText(inspection) + '\n';
    Table layers({"layer", "kind", "input", "output", "kernel", "stride", "MACs", "parameters"},
                 {0, 1});
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto& layer = network.layer(i);
        const auto& shape = layer.geometry;
        layers.add({shownName(layer.name), layerKindName(layer.kind), shapeText(shape.input),
                    shapeText(shape.output),
                    std::to_string(shape.kernel_height) + "x" + std::to_string(shape.kernel_width),
                    std::to_string(shape.stride_y) + "x" + std::to_string(shape.stride_x),
                    grouped(layer.macs()), grouped(parametersOf(network, i))});
    }
    text += layers.text();
    if (network.report().empty())
        return text;
    Table nodes({"node", "op", "became", ""}, {0, 1, 2, 3});
    for (const auto& node : network.report())
        nodes.add({shownName(node.name), node.op, nodeFateName(node.fate), node.detail});
    return text + '\n' + nodes.text();
}

Accuracy floatAccuracy(const Arguments& arguments, const std::shared_ptr<const Network>& network)
{
    const StopSignal stop;
    useThreads(arguments);
    const auto source = arguments.text("data");
    auto samples = openEvaluationData(source);
    const auto wanted = arguments.integer("samples", 1, std::numeric_limits<int>::max());
    if (wanted)
        samples.indices.resize(std::min(samples.indices.size(), std::size_t(*wanted)));
    return evaluateFloat(network, samples, source == "demo" ? DataRole::Test : DataRole::All,
                         stop.token());
}

int run(const Arguments& arguments)
{
    Inspection inspection;
    inspection.network = openNetworkSource(arguments.operand(0)).network;
    inspection.facts = networkFacts(*inspection.network);
    const auto profiles = whatIf(askedProfiles(arguments), arguments);
    for (const auto& profile : profiles)
        inspection.targets.push_back(checkTarget(CostModel(inspection.network, profile)));
    if (arguments.has("data"))
        inspection.accuracy = floatAccuracy(arguments, inspection.network);
    print(arguments.json() ? asJson(inspection) : asText(inspection));
    return exit_done;
}

} // namespace

Verb inspectVerb()
{
    return {{"inspect",
             {"NETWORK"},
             "Layers, geometry, MACs, parameters, and what became of every node.",
             {{"profile", "P", "also say what this target cannot run", false, true},
              whatIfOption(),
              {"data", "D", "also measure the float accuracy on demo or a data.json"},
              {"samples", "N", "of its first N samples only"},
              threadsOption()}},
            run};
}

} // namespace bitdial::cli
