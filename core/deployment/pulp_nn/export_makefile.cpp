// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/export_report.h"

#include <set>

namespace bitdial {
namespace {

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

std::string pulpPart(const ExportPlan& plan, const TargetGolden& golden)
{
    std::string text =
        "ifeq ($(PULP_SDK_HOME),)\n$(error source the set-up script of the PULP SDK first)\nendif\n"
        "ifeq ($(PULP_NN_MIXED),)\n$(error export PULP_NN_MIXED, a checkout of pulp-nn-mixed)\n"
        "endif\nRULES_DIR ?= $(PULP_SDK_HOME)/tools/rules\nKERNELS = $(PULP_NN_MIXED)/" +
        plan.isa + "/32bit\nNUM_CORES ?= " + std::to_string(plan.cores) +
        "\nAPP = network\nAPP_SRCS =" + list(pulpSources()) +
        " \\\n  $(KERNEL_SRCS)\nKERNEL_SRCS =";
    for (const auto& source : librarySources(plan))
        text += " \\\n  $(KERNELS)/" + source;
    // The library's average pooling uses bitext_u, which it defines nowhere.
    text += "\nAPP_CFLAGS += -O3 -w -Isrc -I$(KERNELS)/include -DNUM_CORES=$(NUM_CORES) \\\n"
            "  -Dbitext_u=__builtin_pulp_bextractu\n";
    // The SDK's rules choose the drivers by these.
    const bool golden_in_flash = golden.place == GoldenPlace::L3;
    if (plan.memory.l3_bytes > 0 || golden_in_flash)
        text += "CONFIG_HYPERRAM = 1\n";
    if (plan.memory.weights_in_l3 || golden_in_flash)
        text += "CONFIG_HYPERFLASH = 1\nCONFIG_READFS = 1\n";
    if (plan.memory.weights_in_l3)
        text += "READFS_FILES += flash/weights.bin\n";
    if (golden_in_flash)
        text += "READFS_FILES += flash/golden.bin\n";
    return text + "\ninclude $(RULES_DIR)/pmsis_rules.mk\n";
}

/// These and what every program runs.
std::vector<std::string> withNetwork(std::vector<std::string> sources)
{
    for (const char* file : {"network", "network_run", "layer_data", "tiles", "tile_spread",
                             "transfers", "requantize"})
        sources.push_back(std::string("src/") + file + ".c");
    return sources;
}

} // namespace

const std::vector<std::string>& hostSources()
{
    static const auto sources =
        withNetwork({"src/main.c", "host/pulp_nn_kernels.c", "host/portable_kernels.c",
                     "host/pulp_emulation.c", "host/pulp_devices.c"});
    return sources;
}

const std::vector<std::string>& pulpSources()
{
    static const auto sources = withNetwork({"src/main_pulp.c", "src/golden_pulp.c"});
    return sources;
}

std::string makefileText(const ExportPlan& plan, const TargetGolden& golden)
{
    return "# SPDX-License-Identifier: Apache-2.0\n"
           "# make host   builds the network for this machine and checks every golden output\n"
           "# make riscv  the same on bare-metal RV32 under qemu-system-riscv32, by bitdial-cli\n"
           "# make pulp   builds for PULP; 'make pulp run' runs it too. Source the set-up script "
           "of the\n#             PULP SDK first, and export PULP_NN_MIXED, a checkout of "
           "pulp-nn-mixed.\n"
           "ifeq ($(filter pulp,$(MAKECMDGOALS)),)\n\nCC ?= cc\nCFLAGS ?= -O2\n"
           "BITDIAL ?= bitdial-cli\nNUM_CORES ?= " +
           std::to_string(plan.cores) + "\nHOST_SOURCES =" + list(hostSources()) +
           "\n# Named after the cores: another number builds another program.\n"
           "PROGRAM = build/verify_$(NUM_CORES)_cores\n\n"
           "host: $(PROGRAM)\n\t./$(PROGRAM) golden\n\n"
           "$(PROGRAM): $(HOST_SOURCES) $(wildcard src/*.h host/*.h host/bsp/*.h "
           "host/bsp/*/*.h)\n\tmkdir -p build\n"
           "\t$(CC) -std=c99 $(CFLAGS) -DNUM_CORES=$(NUM_CORES) -Isrc -Ihost -no-pie -pthread "
           "-o $@ $(HOST_SOURCES)\n\n"
           "riscv:\n\t$(BITDIAL) verify . --runner riscv\n\n"
           "clean:\n\trm -rf build\n\n.PHONY: host riscv clean\n\nelse\n\n" +
           pulpPart(plan, golden) + "\npulp: all\n.PHONY: pulp\n\nendif\n";
}

} // namespace bitdial
