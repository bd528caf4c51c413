// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

#include <nlohmann/json.hpp>

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

std::string asJson(const Network& network)
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
                          {"quantizable", layer.hasWeights()}});
    }
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
    const Json result{{"network", network.name()},   {"hash", network.hash()},
                      {"macs", network.macs()},      {"parameters", network.parameterCount()},
                      {"layers", std::move(layers)}, {"unsupported", std::move(unsupported)},
                      {"nodes", std::move(nodes)}};
    return result.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string asText(const Network& network)
{
    std::string text = network.name() + ": " + std::to_string(network.layerCount()) + " layers, " +
                       grouped(network.macs()) + " MACs, " + grouped(network.parameterCount()) +
                       " parameters\n" + (network.hasParameters() ? "" : "geometry only\n") + '\n';
    Table layers({"layer", "kind", "input", "output", "kernel", "stride", "MACs", "parameters"},
                 {0, 1});
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto& layer = network.layer(i);
        const auto& shape = layer.geometry;
        layers.add({layer.name, layerKindName(layer.kind), shapeText(shape.input),
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
        nodes.add({node.name, node.op, nodeFateName(node.fate), node.detail});
    return text + '\n' + nodes.text();
}

int run(const Arguments& arguments)
{
    const auto network = openNetworkSource(arguments.operand(0)).network;
    print(arguments.json() ? asJson(*network) : asText(*network));
    return exit_done;
}

} // namespace

Verb inspectVerb()
{
    return {{"inspect",
             {"NETWORK"},
             "Layers, geometry, MACs, parameters, and what became of every node.",
             {}},
            run};
}

} // namespace bitdial::cli
