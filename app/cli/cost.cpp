// SPDX-License-Identifier: Apache-2.0
#include "app/cli/explain.h"
#include "app/cli/inputs.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/hardware/target_check.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

Json optionalJson(const std::optional<double>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json layerJson(const Network& network, const BitAssignment& bits, int index, const LayerCost& cost)
{
    const auto& layer = network.layer(index);
    const auto widths = bits.layerBits(network, index);
    return {{"name", layer.name},
            {"kind", layerKindName(layer.kind)},
            {"in_bits", widths.in},
            {"weight_bits", widths.weight},
            {"out_bits", widths.out},
            {"macs", layer.macs()},
            {"latency_cycles", cost.latency_cycles},
            {"compute_cycles", cost.compute_cycles},
            {"transfer_cycles", cost.transfer_cycles + cost.l3_cycles},
            {"l1_transfer_cycles", cost.transfer_cycles},
            {"l3_transfer_cycles", cost.l3_cycles},
            {"overhead_cycles", cost.overhead_cycles},
            {"layout_cycles", cost.spread_cycles},
            {"padding_cycles", cost.padding_cycles},
            {"neighbour_cycles", cost.link_cycles},
            {"bound", costBoundName(cost.bound)},
            {"energy_uj", optionalJson(cost.energy_uj)},
            {"weight_bytes", cost.weight_bytes},
            {"l1_bytes", cost.l1_bytes},
            {"l2_bytes", cost.l2_bytes},
            {"tiles", cost.tiles},
            {"measured", cost.measured},
            {"measured_samples", cost.measured_samples},
            {"estimated", cost.estimated},
            {"estimate_reason", cost.estimate_reason}};
}

Json costJson(const CostModel& model, const BitAssignment& bits, const NetworkCost& cost)
{
    const auto& network = model.network();
    Json layers = Json::array();
    for (int i = 0; i < network.layerCount(); ++i)
        layers.push_back(layerJson(network, bits, i, cost.layers[std::size_t(i)]));
    return {{"profile", model.profile().name()},
            {"total",
             {{"latency_cycles", cost.latency_cycles},
              {"latency_ms", cost.latency_ms},
              {"energy_uj", optionalJson(cost.energy_uj)},
              {"weight_bytes", cost.weight_bytes},
              {"flash_bytes", cost.flash_bytes},
              {"peak_l1_bytes", cost.peak_l1_bytes},
              {"peak_l2_bytes", cost.peak_l2_bytes},
              {"bops", cost.bops},
              {"macs", cost.macs},
              {"estimated", cost.estimated}}},
            {"layers", std::move(layers)}};
}

std::string noteOf(const LayerCost& cost)
{
    if (cost.measured)
        return "measured, " + std::to_string(cost.measured_samples) + " times";
    return cost.estimated ? "unverified: " + cost.estimate_reason : "";
}

std::string costText(const CostModel& model, const BitAssignment& bits, const NetworkCost& cost)
{
    const auto& network = model.network();
    Table table({"layer", "kind", "bits in/w/out", "cycles", "compute", "transfer", "L3",
                 "overhead", "layout", "padding", "neighbours", "bound", "share", ""},
                {0, 1, 11, 13});
    const auto cycles = [](double value) { return grouped(std::llround(value)); };
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto& layer = cost.layers[std::size_t(i)];
        const auto widths = bits.layerBits(network, i);
        const std::string weight = widths.weight == 0 ? "-" : std::to_string(widths.weight);
        table.add(
            {shownName(network.layer(i).name), layerKindName(network.layer(i).kind),
             std::to_string(widths.in) + "/" + weight + "/" + std::to_string(widths.out),
             cycles(layer.latency_cycles), cycles(layer.compute_cycles),
             cycles(layer.transfer_cycles), cycles(layer.l3_cycles), cycles(layer.overhead_cycles),
             cycles(layer.spread_cycles), cycles(layer.padding_cycles), cycles(layer.link_cycles),
             costBoundName(layer.bound),
             fixed(layer.latency_cycles / cost.latency_cycles * 100, 1) + " %", noteOf(layer)});
    }
    return model.profile().name() + ": " + cycles(cost.latency_cycles) + " cycles, " +
           fixed(cost.latency_ms, 3) + " ms" + (cost.estimated ? " (partly unverified)" : "") +
           ", weights " + grouped(cost.weight_bytes) + " B, flash " + grouped(cost.flash_bytes) +
           " B, peak L1 " + grouped(cost.peak_l1_bytes) + " B, peak L2 " +
           grouped(cost.peak_l2_bytes) + " B" +
           (cost.energy_uj ? ", " + fixed(*cost.energy_uj, 2) + " uJ" : "") + ", BOPs " +
           grouped(std::llround(cost.bops)) + "\n" + table.text();
}

/// Everything asked about one target.
struct Answer {
    const CostModel& model;
    const BitAssignment& bits;
    std::vector<int> explained;
    bool free_widths = false;
};

Json answerJson(const Answer& answer, const NetworkCost& cost)
{
    auto result = costJson(answer.model, answer.bits, cost);
    if (!answer.explained.empty())
        result["explanations"] = explanationJson(answer.model, answer.bits, answer.explained);
    if (answer.free_widths)
        result["free_widths"] = freeWidthsJson(answer.model, answer.bits);
    return result;
}

std::string answerText(const Answer& answer, const NetworkCost& cost)
{
    auto text = costText(answer.model, answer.bits, cost);
    text += explanationText(answer.model, answer.bits, answer.explained);
    if (answer.free_widths)
        text += freeWidthsText(answer.model, answer.bits);
    return text;
}

void tellUnknownLayers(const CostModel& model)
{
    constexpr std::size_t most_told = 5;
    std::vector<std::string> names;
    for (const auto& layer : model.network().layers())
        names.push_back(layer.name);
    const auto unknown = unknownMeasuredLayers(model);
    for (std::size_t i = 0; i < std::min(unknown.size(), most_told); ++i)
        message("warning: " + model.profile().name() + " has measured cycles of a layer '" +
                shownName(unknown[i]) + "' that the network does not have. " +
                didYouMean(unknown[i], names));
    if (unknown.size() > most_told)
        message("warning: and of " + std::to_string(unknown.size() - most_told) + " more");
}

int run(const Arguments& arguments)
{
    const auto network = openNetworkSource(arguments.operand(0)).network;
    const auto profiles = whatIf(askedProfiles(arguments), arguments);
    const auto bits = readBits(arguments, *network);
    const auto explained = explainedLayers(arguments, *network);
    Json list = Json::array();
    std::string text;
    std::string refused; // targets that cannot run it
    std::string reasons;
    for (const auto& profile : profiles) {
        const CostModel model(network, profile);
        tellUnknownLayers(model);
        const auto cost = model.cost(bits);
        if (!cost.infeasible_reason.empty()) {
            const bool first = refused.empty();
            refused += (first ? "" : ", ") + profile->name();
            reasons += (first ? "" : "; ") + (profiles.size() > 1 ? profile->name() + ": " : "") +
                       cost.infeasible_reason;
            continue;
        }
        const Answer answer{model, bits, explained, arguments.has("free")};
        if (arguments.json())
            list.push_back(answerJson(answer, cost));
        else
            text += (text.empty() ? "" : "\n") + answerText(answer, cost);
    }
    if (!refused.empty()) {
        // As text, the other targets' figures come first; JSON is one document, the error's.
        if (!arguments.json())
            print(text);
        throw Error(ErrorCode::Infeasible, "The network cannot run on the target", refused, reasons,
                    "Choose other bit widths or another profile");
    }
    print(arguments.json() ? list.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'
                           : text);
    return exit_done;
}

} // namespace

Verb costVerb()
{
    return {{"cost",
             {"NETWORK"},
             "Cycles and memory per layer and in total, on each profile.",
             withBitsOptions(
                 {{"profile", "P", "a target: name, path or 'both'", true, true},
                  whatIfOption(),
                  {"explain", "LAYER", "why this layer costs that; 'all' for each", false, true},
                  {"free", "", "widths that can grow without costing time"}})},
            run};
}

} // namespace bitdial::cli
