// SPDX-License-Identifier: Apache-2.0
#include "app/cli/explain.h"
#include "app/cli/inputs.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/hardware/model/target_check.h"
#include "core/pareto/measured_run.h"
#include "core/project/project.h"
#include "core/session/quantized_point.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

Json optionalJson(const std::optional<double>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

/// What a point's exported program took, beside the costs of its bits.
using Figure = std::optional<MeasuredFigure>;

/// Cycles of a layer, where they were measured.
const MeasuredLayer* measuredLayer(const Figure& figure, int index)
{
    return figure && std::size_t(index) < figure->run->layers.size()
               ? &figure->run->layers[std::size_t(index)]
               : nullptr;
}

Json measuredJson(const Figure& figure)
{
    if (!figure)
        return nullptr;
    const MeasuredRun& run = *figure->run;
    return {{"latency_cycles", run.measured_cycles},
            {"promised_cycles", run.promised_cycles},
            {"stale", figure->stale},
            {"runner", run.runner},
            {"source", run.source},
            {"date", run.date},
            {"export_sha256", run.export_sha256}};
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

Json costJson(const CostModel& model, const BitAssignment& bits, const NetworkCost& cost,
              const Figure& figure)
{
    const auto& network = model.network();
    Json layers = Json::array();
    for (int i = 0; i < network.layerCount(); ++i) {
        layers.push_back(layerJson(network, bits, i, cost.layers[std::size_t(i)]));
        const auto* measured = measuredLayer(figure, i);
        layers.back()["measured_latency_cycles"] =
            measured == nullptr ? Json(nullptr) : Json(measured->measured_cycles);
    }
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
              {"estimated", cost.estimated},
              {"measured_latency_cycles",
               figure ? Json(figure->run->measured_cycles) : Json(nullptr)}}},
            {"measured_run", measuredJson(figure)},
            {"layers", std::move(layers)}};
}

std::string noteOf(const LayerCost& cost)
{
    if (cost.measured)
        return "measured, " + std::to_string(cost.measured_samples) + " times";
    return cost.estimated ? "unverified: " + cost.estimate_reason : "";
}

std::string cycles(double value)
{
    return grouped(std::llround(value));
}

std::string measuredNote(const Figure& figure)
{
    return figure ? "measured: " + grouped(std::int64_t(figure->run->measured_cycles)) +
                        " cycles (" + measuredText(*figure) + "; " + figure->run->source + ")\n"
                  : "";
}

/// Where the measured cycles stand, beside the promised ones.
constexpr int beside_cycles = 4;

std::vector<std::string> costRow(const CostModel& model, const BitAssignment& bits, int index,
                                 const NetworkCost& cost, const Figure& figure)
{
    const Layer& own = model.network().layer(index);
    const auto& layer = cost.layers[std::size_t(index)];
    const auto widths = bits.layerBits(model.network(), index);
    const std::string weight = widths.weight == 0 ? "-" : std::to_string(widths.weight);
    std::vector<std::string> cells = {
        shownName(own.name),
        layerKindName(own.kind),
        std::to_string(widths.in) + "/" + weight + "/" + std::to_string(widths.out),
        cycles(layer.latency_cycles),
        cycles(layer.compute_cycles),
        cycles(layer.transfer_cycles),
        cycles(layer.l3_cycles),
        cycles(layer.overhead_cycles),
        cycles(layer.spread_cycles),
        cycles(layer.padding_cycles),
        cycles(layer.link_cycles),
        costBoundName(layer.bound),
        fixed(layer.latency_cycles / cost.latency_cycles * 100, 1) + " %",
        noteOf(layer)};
    if (figure) {
        const auto* measured = measuredLayer(figure, index);
        cells.insert(cells.begin() + beside_cycles,
                     measured == nullptr ? "" : grouped(std::int64_t(measured->measured_cycles)));
    }
    return cells;
}

Table costTable(const Figure& figure)
{
    std::vector<std::string> titles = {"layer",      "kind",  "bits in/w/out", "cycles", "compute",
                                       "transfer",   "L3",    "overhead",      "layout", "padding",
                                       "neighbours", "bound", "share",         ""};
    if (!figure)
        return Table(titles, {0, 1, 11, 13});
    titles.insert(titles.begin() + beside_cycles, "measured");
    return Table(titles, {0, 1, 12, 14});
}

std::string costText(const CostModel& model, const BitAssignment& bits, const NetworkCost& cost,
                     const Figure& figure)
{
    Table table = costTable(figure);
    for (int i = 0; i < model.network().layerCount(); ++i)
        table.add(costRow(model, bits, i, cost, figure));
    return model.profile().name() + ": " + cycles(cost.latency_cycles) + " cycles, " +
           fixed(cost.latency_ms, 3) + " ms" + (cost.estimated ? " (partly unverified)" : "") +
           ", weights " + grouped(cost.weight_bytes) + " B, flash " + grouped(cost.flash_bytes) +
           " B, peak L1 " + grouped(cost.peak_l1_bytes) + " B, peak L2 " +
           grouped(cost.peak_l2_bytes) + " B" +
           (cost.energy_uj ? ", " + fixed(*cost.energy_uj, 2) + " uJ" : "") + ", BOPs " +
           grouped(std::llround(cost.bops)) + "\n" + measuredNote(figure) + table.text();
}

/// Everything asked about one target.
struct Answer {
    const CostModel& model;
    const BitAssignment& bits;
    std::vector<int> explained;
    bool free_widths = false;
    Figure figure = {};
};

Json answerJson(const Answer& answer, const NetworkCost& cost)
{
    auto result = costJson(answer.model, answer.bits, cost, answer.figure);
    if (!answer.explained.empty())
        result["explanations"] = explanationJson(answer.model, answer.bits, answer.explained);
    if (answer.free_widths)
        result["free_widths"] = freeWidthsJson(answer.model, answer.bits);
    return result;
}

std::string answerText(const Answer& answer, const NetworkCost& cost)
{
    auto text = costText(answer.model, answer.bits, cost, answer.figure);
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

/// The bits to cost, and what was measured of them.
struct Subject {
    std::shared_ptr<const Network> network;
    BitAssignment bits;
    std::int64_t point_id = 0; ///< 0: of no point
    std::vector<MeasuredRun> runs = {};

    Figure figureOn(const HardwareProfile& profile) const
    {
        return measuredFigure(runs, point_id, toBitsJson(*network, bits), profile.name(),
                              profile.hash());
    }
};

Subject pointSubject(const Arguments& arguments, std::int64_t id)
{
    const auto& path = arguments.operand(0);
    if (hasBits(arguments))
        arguments.fail("Two options exclude each other",
                       "a point has bits of its own, --bits and --uniform give others");
    if (!isProjectPath(path))
        arguments.fail("--point has no meaning here", "'" + path + "' is no project",
                       "Give a .bitdial file, or the bits with --bits or --uniform");
    const auto project = openProject(path);
    auto point = storedPoint(*project, id);
    if (point.assignment.empty())
        throw Error(ErrorCode::Infeasible, "The point has no bits",
                    path + ": point " + std::to_string(id), "it is a float reference",
                    "Choose another point");
    return {project->network(), std::move(point.assignment), id, project->measuredRuns()};
}

Subject subjectOf(const Arguments& arguments)
{
    if (const auto id = arguments.integer("point", 1, std::numeric_limits<std::int64_t>::max()))
        return pointSubject(arguments, *id);
    const auto network = openNetworkSource(arguments.operand(0)).network;
    return {network, readBits(arguments, *network)};
}

int run(const Arguments& arguments)
{
    const auto subject = subjectOf(arguments);
    const auto& network = subject.network;
    const auto& bits = subject.bits;
    const auto profiles = whatIf(askedProfiles(arguments), arguments);
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
        const Answer answer{model, bits, explained, arguments.has("free"),
                            subject.figureOn(*profile)};
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
                  {"point", "ID", "a project's point, with what was measured of it"},
                  whatIfOption(),
                  {"explain", "LAYER", "why this layer costs that; 'all' for each", false, true},
                  {"free", "", "widths that can grow without costing time"}})},
            run};
}

} // namespace bitdial::cli
