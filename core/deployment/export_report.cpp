// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/export_report.h"

#include "core/deployment/c_source.h"
#include "core/hardware/profile_fields.h"

#include <nlohmann/json.hpp>

#include <set>

namespace bitdial {
namespace {

/// Bytes of all buffers and parameters when nothing is tiled.
std::int64_t untiledBytes(const ExportPlan& plan)
{
    std::int64_t bytes = 0;
    for (const auto& tensor : plan.tensors)
        bytes += tensor.buffer_bytes;
    for (const auto& p : plan.layers) {
        const auto& folded = plan.folded(p);
        bytes += std::int64_t(folded.weights.size()) * folded.weight_bits / 8;
        bytes += std::int64_t(p.out.channels) * (folded.weight_bits > 0 ? 8 : 0);
    }
    return bytes;
}

/// The plan's notes and what holds for every export.
std::vector<ExportNote> allNotes(const ExportPlan& plan)
{
    const auto& fields = plan.profile->fields();
    std::vector<ExportNote> notes = {
        {"", "layers are not tiled and nothing is moved to L1: each is one kernel call on whole "
             "buffers in L2, so cycles on the target are not those that the cost model predicts "
             "for tiles in L1"},
        {"", "tensors, weights and parameters take about " + std::to_string(untiledBytes(plan)) +
                 " bytes; the target's L2 has " + std::to_string(fields.l2.usableBytes()) +
                 " usable bytes" +
                 (untiledBytes(plan) > fields.l2.usableBytes()
                      ? ": the PULP target does not fit; only the host target can run"
                      : "")},
        {"", "the PULP target was not built here: it needs the PULP SDK, its compiler and the "
             "kernel library"},
        {"", "the network's input is quantized before it gets here: round_half_up(value / " +
                 std::to_string(plan.network->input.scale) + "), clamped to " +
                 typeToken(plan.tensor(plan.network->network->input()).type) + ", in H,W,C order"},
        {"", "results are integers; one step is " + std::to_string(plan.network->output_scale)},
    };
    if (plan.isa == "XpulpNN")
        notes.push_back({"", "the fused MAC&LOAD kernels of XpulpNN need a compiler that knows "
                             "their builtins; the PULP SDK's default one does not"});
    notes.insert(notes.end(), plan.notes.begin(), plan.notes.end());
    return notes;
}

/// The library's sources of all calls, each once.
std::set<std::string> librarySources(const ExportPlan& plan)
{
    std::set<std::string> sources;
    for (const auto& p : plan.layers)
        sources.insert(p.sources.begin(), p.sources.end());
    return sources;
}

std::string list(const std::vector<std::string>& files)
{
    std::string text;
    for (const auto& file : files)
        text += " \\\n  " + file;
    return text;
}

} // namespace

const std::vector<std::string>& hostSources()
{
    static const std::vector<std::string> sources = {
        "src/main.c",   "src/network.c",          "src/weights.c",
        "src/layout.c", "host/pulp_nn_kernels.c", "host/portable_kernels.c"};
    return sources;
}

const std::vector<std::string>& pulpSources()
{
    static const std::vector<std::string> sources = {
        "src/main_pulp.c", "src/golden_pulp.c", "src/network.c", "src/weights.c", "src/layout.c"};
    return sources;
}

std::string makefileText(const ExportPlan& plan)
{
    std::string text =
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# make              builds and runs the host program, which checks every golden output\n"
        "# make TARGET=pulp  builds for PULP; add 'run' to run it. Source the SDK's set-up first.\n"
        "# PULP_SDK: the PULP SDK.  PULP_NN: a checkout of pulp-nn-mixed.\n"
        "TARGET ?= host\n\nifeq ($(TARGET),host)\n\nCC ?= cc\nCFLAGS ?= -O2\n"
        "HOST_SOURCES =" +
        list(hostSources()) +
        "\n\nall: build/verify\n\t./build/verify golden\n\n"
        "build/verify: $(HOST_SOURCES) $(wildcard src/*.h host/*.h)\n\tmkdir -p build\n"
        "\t$(CC) -std=c99 $(CFLAGS) -Isrc -Ihost -o $@ $(HOST_SOURCES)\n\n"
        "clean:\n\trm -rf build\n\n.PHONY: all clean\n\nelse\n\n"
        "PULP_SDK ?= $(PULP_SDK_HOME)\nRULES_DIR ?= $(PULP_SDK)/tools/rules\n"
        "ifeq ($(PULP_NN),)\n$(error set PULP_NN to a checkout of pulp-nn-mixed)\nendif\n"
        "KERNELS = $(PULP_NN)/" +
        plan.isa + "/32bit\nNUM_CORES ?= " + std::to_string(plan.cores) +
        "\nAPP = network\nAPP_SRCS =" + list(pulpSources()) +
        " \\\n  $(KERNEL_SRCS)\nKERNEL_SRCS =";
    for (const auto& source : librarySources(plan))
        text += " \\\n  $(KERNELS)/" + source;
    // The library's average pooling uses bitext_u, which it defines nowhere.
    return text + "\nAPP_CFLAGS += -O3 -w -Isrc -I$(KERNELS)/include -DNUM_CORES=$(NUM_CORES) \\\n"
                  "  -Dbitext_u=__builtin_pulp_bextractu\n\n"
                  "include $(RULES_DIR)/pmsis_rules.mk\n\nendif\n";
}

std::string readmeText(const ExportPlan& plan, const std::string& title, std::size_t images)
{
    return "# " + title + "\n\n" + plan.network->network->name() + " for " + plan.profile->title() +
           ", exported by Bitdial " BITDIAL_VERSION ".\n\n"
           "`make` builds the network for this machine with portable C versions of the kernels "
           "(host/), runs the " +
           std::to_string(images) +
           " golden inputs and compares the output of every layer byte for byte.\n\n"
           "`make TARGET=pulp PULP_SDK=... PULP_NN=...` builds it for PULP with the kernels of " +
           std::string(kernel_library_version) + " (" + plan.isa +
           "/32bit).\n\n"
           "- src/network.c: one kernel call per layer; src/weights.c: packed weights, kappa, "
           "lambda, bias\n"
           "- src/main.c, src/main_pulp.c: the programs that check the golden outputs\n"
           "- golden/: inputs and every layer's outputs, all images one behind the other, as "
           "stored: H,W,C, first channel in the low bits, channels padded with zeros\n"
           "- report.txt, report.json: what this project does otherwise than the network or the "
           "cost model\n"
           "- manifest.json: SHA-256 of each file\n";
}

std::string reportJson(const ExportPlan& plan, const std::string& title)
{
    using Json = nlohmann::ordered_json;
    Json layers = Json::array();
    for (const auto& p : plan.layers)
        layers.push_back({{"name", plan.layer(p).name},
                          {"kernel", p.kernel},
                          {"golden", "golden/" + goldenFileName(p.index)}});
    Json notes = Json::array();
    for (const auto& note : allNotes(plan))
        notes.push_back({{"layer", note.layer.empty() ? Json(nullptr) : Json(note.layer)},
                         {"what", note.what}});
    const Json report = {{"schema", "bitdial.export-report/1"},
                         {"title", title},
                         {"network", plan.network->network->hash()},
                         {"profile", plan.profile->name()},
                         {"profile_hash", plan.profile->hash()},
                         {"isa", plan.isa},
                         {"kernel_library", kernel_library_version},
                         {"input_scale", plan.network->input.scale},
                         {"output_scale", plan.network->output_scale},
                         {"layers", layers},
                         {"not_expressed", notes}};
    return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string reportText(const ExportPlan& plan, const std::string& title)
{
    std::string text = title + ": what the exported project does otherwise\n\n";
    for (const auto& note : allNotes(plan))
        text +=
            "- " + (note.layer.empty() ? "" : "layer '" + note.layer + "': ") + note.what + "\n";
    return text;
}

} // namespace bitdial
