// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/export_report.h"

#include "core/base/number_text.h"
#include "core/base/shown_name.h"
#include "core/deployment/pulp_nn/c_names.h"
#include "core/deployment/pulp_nn/c_source.h"
#include "core/hardware/profile/fields.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace bitdial {
namespace {

using Json = nlohmann::ordered_json;

std::string cyclesText(double cycles)
{
    return std::to_string(std::llround(cycles));
}

/// Requantization that is less than half a step off is not worth a note.
constexpr double noted_error = 0.5;

std::string memoryNote(const ExportPlan& plan)
{
    const auto& fields = plan.profile->fields();
    const MemoryMap& memory = plan.memory;
    std::string text = "L1: " + std::to_string(memory.l1_bytes) + " of " +
                       std::to_string(fields.l1.usableBytes()) +
                       " usable bytes; L2: " + std::to_string(memory.l2Bytes()) + " of " +
                       std::to_string(fields.l2.usableBytes()) + " (activations " +
                       std::to_string(memory.l2_tensor_bytes) + ", weights " +
                       std::to_string(memory.l2_weight_bytes) + ", streaming " +
                       std::to_string(memory.l2_stage_bytes) + ")";
    if (memory.l3_bytes > 0)
        text += "; L3: " + std::to_string(memory.l3_bytes) + " (weights " +
                std::to_string(memory.l3_weight_bytes) + ")";
    return text;
}

Json placeName(GoldenPlace place)
{
    if (place == GoldenPlace::Nowhere)
        return nullptr;
    return place == GoldenPlace::L2 ? "L2" : "L3";
}

/// What the target's program does not compare.
std::string goldenNote(const ReportSubject& subject)
{
    const TargetGolden& golden = subject.on_target;
    if (golden.images == 0)
        return "the PULP program compares nothing: no memory has room for a golden image beside "
               "the network";
    std::string note;
    if (golden.images < subject.images)
        note = "the PULP program has " + std::to_string(golden.images) +
               " of the golden images: at most 2, and no more than there is room for beside the "
               "network";
    const auto layers = std::size_t(golden.comparedLayers());
    if (layers < golden.compared.size())
        note += (note.empty() ? "the PULP program compares " : "; it compares ") +
                std::to_string(layers) + " of the layers: L3 has no room for the others' outputs";
    return note;
}

/// The plan's notes and what holds for every export.
std::vector<ExportNote> allNotes(const ReportSubject& subject)
{
    const ExportPlan& plan = subject.plan;
    std::vector<ExportNote> notes = {
        {"", "the PULP target was not built here: it needs the PULP SDK, its compiler and the "
             "kernel library"},
        {"", "the network's input is quantized before it gets here: round_half_up(value / " +
                 shortestText(plan.network->input.scale) + "), clamped to " +
                 typeToken(plan.tensor(plan.network->network->input()).type) + ", in H,W,C order"},
        {"", "results are integers; one step is " + shortestText(plan.network->output_scale)},
    };
    if (const std::string note = goldenNote(subject); !note.empty())
        notes.push_back({"", note});
    if (plan.isa == "XpulpNN")
        notes.push_back({"", "the fused MAC&LOAD kernels of XpulpNN need a compiler that knows "
                             "their builtins; the PULP SDK's default one does not"});
    for (const auto& p : plan.layers)
        if (const double error = plan.folded(p).requantization_error_steps.value_or(0);
            error > noted_error)
            notes.push_back({plan.layer(p).name, "kappa has 32 bits and one shift serves all "
                                                 "channels: results are up to " +
                                                     fixedText(error, 1) +
                                                     " steps off before they are rounded"});
    notes.insert(notes.end(), plan.notes.begin(), plan.notes.end());
    return notes;
}

Json tileJson(const TilePlan& tiles)
{
    return {{"rows", tiles.rows.tile_size},
            {"columns", tiles.columns.tile_size},
            {"channels", tiles.tiling.channels},
            {"map_outer", tiles.tiling.map_outer},
            {"double_buffered", tiles.tiling.double_buffered}};
}

/// The widths of the network's layer, which are not always those of the kernel.
Json layerBitsJson(const ExportPlan& plan, const PlannedLayer& p)
{
    const IntegerLayer& folded = plan.folded(p);
    return {
        {"in", folded.inputs[0].bits}, {"weight", folded.weight_bits}, {"out", folded.output.bits}};
}

/// What happens around the kernels: its cycles can be fitted to what was measured.
Json workJson(const ProgramWork& work)
{
    return {{"tiles", work.tiles},
            {"transfers", work.transfers},
            {"requests", work.requests},
            {"spreads", work.spreads},
            {"spread_lines", work.spread_lines},
            {"spread_bytes", work.spread_bytes},
            {"spread_word_bytes", work.spread_word_bytes},
            {"kernel_cycles", work.kernel_cycles}};
}

Json layerJson(const ExportPlan& plan, const PlannedLayer& p)
{
    const int output = plan.layer(p).output;
    const bool in_l3 = plan.memory.tensor_in_l3[std::size_t(output)] != 0;
    Json json{{"name", plan.layer(p).name},
              {"identifier", p.identifier},
              {"kernel", p.kernel},
              {"bits", layerBitsJson(plan, p)},
              {"golden", "golden/" + goldenFileName(p.index)},
              {"tile", tileJson(p.tiles)},
              {"tiles", p.tiles.tiles()},
              {"l1_bytes", p.tiles.tiling.l1.bytes()},
              {in_l3 ? "l3_offset" : "l2_offset", plan.memory.tensor_offsets[std::size_t(output)]},
              {"output_bytes", plan.tensor(output).bytes},
              {"latency_cycles", std::llround(p.cost.latency_cycles)},
              {"kernel_cycles", std::llround(p.cost.compute_cycles)},
              {"exposed_transfer_cycles", std::llround(p.cost.exposedTransferCycles())},
              {"work", workJson(p.cost.work)}};
    if (const auto& error = plan.folded(p).requantization_error_steps) {
        json["shift"] = plan.folded(p).shift;
        json["requantization_error_steps"] = *error;
    }
    return json;
}

Json measuredWithJson(const ExportPlan& plan)
{
    const auto& tools = plan.profile->fields().measured_with;
    if (!tools)
        return nullptr;
    return {{"simulator", tools->simulator},
            {"compiler", tools->compiler},
            {"hardware_loops", tools->hardware_loops}};
}

Json memoryJson(const ExportPlan& plan)
{
    const MemoryMap& memory = plan.memory;
    return {{"l1_bytes", memory.l1_bytes},
            {"l2_bytes", memory.l2Bytes()},
            {"l2_tensor_bytes", memory.l2_tensor_bytes},
            {"l2_weight_bytes", memory.l2_weight_bytes},
            {"l2_stage_bytes", memory.l2_stage_bytes},
            {"l3_bytes", memory.l3_bytes},
            {"l3_weight_bytes", memory.l3_weight_bytes}};
}

std::string dump(const Json& json)
{
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Somebody's text inside a line of Markdown, as it is.
std::string inLine(const std::string& text)
{
    std::string line;
    for (const char c : shownName(text)) {
        if (std::string_view("\\`*[]<|").find(c) != std::string_view::npos)
            line += '\\';
        line += c;
    }
    return line;
}

/// A name inside a table of Markdown.
std::string cell(const std::string& name)
{
    std::string text;
    for (const char c : cSafe(name))
        text += c == '|' || c == '`' || c == '<' ? '_' : c;
    return text;
}

std::string latencyTable(const ExportPlan& plan)
{
    std::string text =
        "Names are shortened to what a table can hold; names.json has them whole.\n\n"
        "| layer | kernel | tiles | rows x columns x channels | L1 bytes | promised cycles |\n"
        "|---|---|---:|---|---:|---:|\n";
    for (const auto& p : plan.layers)
        text += "| " + cell(plan.layer(p).name) + " | " + p.kernel + " | " +
                std::to_string(p.tiles.tiles()) + " | " + std::to_string(p.tiles.rows.tile_size) +
                " x " + std::to_string(p.tiles.columns.tile_size) + " x " +
                std::to_string(p.tiles.tiling.channels) + " | " +
                std::to_string(p.tiles.tiling.l1.bytes()) + " | " +
                cyclesText(p.cost.latency_cycles) + " |\n";
    return text + "| all | | | | " + std::to_string(plan.memory.l1_bytes) + " | " +
           cyclesText(plan.latencyCycles()) + " |\n";
}

std::string fileList(const ReportSubject& subject)
{
    const ExportPlan& plan = subject.plan;
    return std::string(
               "- src/network.c: each layer's kernel call; src/layer_data.c: each layer's table of "
               "tiles; src/network_sizes.h: the memory map's sizes\n"
               "- src/tiles.c: the tile loop; src/transfers.c: its transfers; src/tile_spread.c: "
               "what brings a tile into the kernel's order; src/requantize.c: requantization of "
               "linear layers whose kernel does none; src/network_run.c: opening the network and "
               "running it\n") +
           (plan.memory.weights_in_l3
                ? "- flash/weights.bin: packed weights, kappa, lambda, bias; it is copied to the "
                  "external RAM at the start\n"
                : "- src/layer_data.c, behind the tables: packed weights, kappa, lambda, bias\n") +
           "- src/main.c, src/main_pulp.c: the programs that check the golden outputs; "
           "src/golden_pulp.c: golden vectors of the second" +
           (subject.on_target.place == GoldenPlace::L3
                ? ", which are in flash/golden.bin: L2 has no room for them\n"
                : "\n") +
           "- host/: what takes the place of the PULP SDK and of the kernel library on other "
           "machines\n"
           "- golden/: inputs and every layer's outputs, all images one behind the other, as "
           "stored: H,W,C, first channel in the low bits, channels padded with zeros\n"
           "- names.json: which C names stand for which layer\n"
           "- report.txt, report.json: what this project does otherwise than the network or the "
           "cost model, and each layer's tiles and memory\n"
           "- manifest.json: SHA-256 of each file\n";
}

} // namespace

std::string readmeText(const ReportSubject& subject)
{
    const ExportPlan& plan = subject.plan;
    return "# " + inLine(subject.title) + "\n\nThe network " +
           inLine(plan.network->network->name()) + " for " + plan.profile->title() +
           ", exported by Bitdial " BITDIAL_VERSION ".\n\n" +
           "`make host` builds the network for this machine with portable C versions of the "
           "kernels (host/), runs the " +
           std::to_string(subject.images) +
           " golden inputs and compares the output of every layer byte for byte. `make riscv` does "
           "so on bare-metal RV32 under qemu.\n\n"
           "`make pulp` builds it for PULP, after the PULP SDK's set-up script and `export "
           "PULP_NN_MIXED=...`, with the kernels of " +
           std::string(kernel_library_version) + " (" + plan.isa +
           "/32bit); `make pulp run` runs it. The program prints each layer's cycles beside the "
           "promised ones.\n\n## Files\n\n" +
           fileList(subject) + "\n## Memory\n\n" + memoryNote(plan) +
           ".\n\n## Promised latency\n\n" + latencyTable(plan);
}

std::string namesJson(const ExportPlan& plan)
{
    Json layers = Json::array();
    for (const auto& p : plan.layers)
        layers.push_back(
            {{"layer", p.index}, {"name", plan.layer(p).name}, {"identifier", p.identifier}});
    return dump({{"schema", "bitdial.export-names/1"}, {"layers", layers}});
}

std::string reportJson(const ReportSubject& subject)
{
    const ExportPlan& plan = subject.plan;
    Json layers = Json::array();
    for (const auto& p : plan.layers)
        layers.push_back(layerJson(plan, p));
    Json notes = Json::array();
    for (const auto& note : allNotes(subject))
        notes.push_back({{"layer", note.layer.empty() ? Json(nullptr) : Json(note.layer)},
                         {"what", note.what}});
    return dump({{"schema", export_report_schema},
                 {"export_sha256", subject.identity},
                 {"title", subject.title},
                 {"network", plan.network->network->hash()},
                 {"profile", plan.profile->name()},
                 {"profile_hash", plan.profile->hash()},
                 {"measured_with", measuredWithJson(plan)},
                 {"isa", plan.isa},
                 {"cores", plan.cores},
                 {"kernel_library", kernel_library_version},
                 {"input_scale", plan.network->input.scale},
                 {"output_scale", plan.network->output_scale},
                 {"images", subject.images},
                 {"pulp_images", subject.on_target.images},
                 {"pulp_images_in", placeName(subject.on_target.place)},
                 {"pulp_compared_layers", subject.on_target.comparedLayers()},
                 {"latency_cycles", std::llround(plan.latencyCycles())},
                 {"memory", memoryJson(plan)},
                 {"layers", layers},
                 {"not_expressed", notes}});
}

std::string reportText(const ReportSubject& subject)
{
    std::string text = shownName(subject.title) + ": what the exported project does otherwise\n\n";
    for (const auto& note : allNotes(subject))
        text += "- " + (note.layer.empty() ? "" : "layer '" + cSafe(note.layer) + "': ") +
                note.what + "\n";
    return text;
}

} // namespace bitdial
