// SPDX-License-Identifier: Apache-2.0
#include "app/cli/explain.h"

#include "app/cli/output.h"
#include "core/base/nearest_name.h"
#include "core/hardware/model/cost_explanation.h"
#include "core/network/network.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

int layerNamed(const Arguments& arguments, const Network& network, const std::string& name)
{
    std::vector<std::string> names;
    for (int i = 0; i < network.layerCount(); ++i) {
        if (network.layer(i).name == name)
            return i;
        names.push_back(network.layer(i).name);
    }
    arguments.fail("The network has no layer '" + name + "'", "--explain takes a layer's name",
                   didYouMean(name, names));
}

Json tilingJson(const Tiling& tiling)
{
    return {{"rows", tiling.rows},
            {"columns", tiling.columns},
            {"channels", tiling.channels},
            {"tiles", tiling.tiles},
            {"double_buffered", tiling.double_buffered},
            {"outer_loop", tiling.map_outer ? "map" : "channels"},
            {"l1_bytes", tiling.l1.bytes()},
            {"moved_bytes", tiling.moved_bytes},
            {"l3_bytes", tiling.l3_bytes}};
}

Json rooflineJson(const Roofline& roof)
{
    return {{"macs_per_byte", roof.macs_per_byte},
            {"macs_per_cycle", roof.macs_per_cycle},
            {"compute_roof_macs_per_cycle", roof.compute_roof},
            {"bandwidth_roof_macs_per_cycle", roof.bandwidth_roof},
            {"bytes_per_cycle", roof.bytes_per_cycle}};
}

Json stepJson(const WidthStep& step)
{
    return {{"operand", layerOperandName(step.operand)},
            {"from_bits", step.from_bits},
            {"to_bits", step.to_bits},
            {"latency_cycles", step.latency_cycles ? Json(*step.latency_cycles) : Json(nullptr)},
            {"change_cycles", step.change_cycles},
            {"change_percent", step.change_percent},
            {"mixes_measured", step.mixes_measured},
            {"refusal", step.refusal}};
}

Json layerExplanationJson(const std::string& name, const LayerExplanation& what)
{
    Json steps = Json::array();
    for (const auto& step : what.steps)
        steps.push_back(stepJson(step));
    return {{"name", name},
            {"in_bits", what.bits.in},
            {"weight_bits", what.bits.weight},
            {"out_bits", what.bits.out},
            {"latency_cycles", what.cost.latency_cycles},
            {"compute_cycles", what.cost.compute_cycles},
            {"overhead_cycles", what.cost.overhead_cycles},
            {"exposed_transfer_cycles", what.exposed_transfer_cycles},
            {"hidden_transfer_cycles", what.hidden_transfer_cycles},
            {"bound", costBoundName(what.cost.bound)},
            {"measured", what.cost.measured},
            {"infeasible", what.cost.infeasible_reason},
            {"tiling", what.tiling ? tilingJson(*what.tiling) : Json(nullptr)},
            {"roofline", rooflineJson(what.roofline)},
            {"steps", std::move(steps)},
            {"text", what.lines}};
}

} // namespace

std::vector<int> explainedLayers(const Arguments& arguments, const Network& network)
{
    std::vector<int> layers;
    for (const auto& name : arguments.texts("explain")) {
        if (name == "all") {
            layers.resize(std::size_t(network.layerCount()));
            std::iota(layers.begin(), layers.end(), 0);
            return layers;
        }
        layers.push_back(layerNamed(arguments, network, name));
    }
    return layers;
}

Json explanationJson(const CostModel& model, const BitAssignment& bits,
                     const std::vector<int>& layers)
{
    Json list = Json::array();
    for (const int layer : layers)
        list.push_back(
            layerExplanationJson(model.network().layer(layer).name, model.explain(layer, bits)));
    return list;
}

std::string explanationText(const CostModel& model, const BitAssignment& bits,
                            const std::vector<int>& layers)
{
    std::string text;
    for (const int layer : layers) {
        const auto what = model.explain(layer, bits);
        text += '\n' + model.network().layer(layer).name + " on " + model.profile().name() + '\n';
        for (const auto& line : what.lines)
            text += "  " + line + '\n';
    }
    return text;
}

Json freeWidthsJson(const CostModel& model, const BitAssignment& bits)
{
    Json list = Json::array();
    for (const auto& free : freeWidths(model, bits))
        list.push_back({{"name", model.network().layer(free.layer).name},
                        {"operand", layerOperandName(free.operand)},
                        {"from_bits", free.from_bits},
                        {"to_bits", free.to_bits},
                        {"saved_cycles", free.saved_cycles},
                        {"mixes_measured", free.mixes_measured}});
    return list;
}

std::string freeWidthsText(const CostModel& model, const BitAssignment& bits)
{
    const auto found = freeWidths(model, bits);
    if (found.empty())
        return "\nNo single width can grow without costing time.\n";
    Table table({"free bits in", "of its", "bits", "to", "cycles saved", ""}, {0, 1, 5});
    for (const auto& free : found)
        table.add({model.network().layer(free.layer).name, layerOperandName(free.operand),
                   std::to_string(free.from_bits), std::to_string(free.to_bits),
                   grouped(std::llround(free.saved_cycles)),
                   free.mixes_measured ? "measured against modelled" : ""});
    return '\n' + table.text();
}

} // namespace bitdial::cli
