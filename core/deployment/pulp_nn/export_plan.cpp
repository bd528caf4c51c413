// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/export_plan.h"

#include "core/base/error.h"
#include "core/base/whole_words.h"
#include "core/deployment/pulp_nn/c_names.h"
#include "core/deployment/pulp_nn/kernel_names.h"
#include "core/deployment/pulp_nn/layer_planner.h"
#include "core/hardware/model/called_geometry.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/model/memory_plan.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <bit>

namespace bitdial {
namespace {

void planTensors(ExportPlan& plan)
{
    const auto& network = *plan.network->network;
    const bool few_channels =
        MemoryPlanner(network, plan.profile->fields()).storesFewChannels(plan.network->assignment);
    for (int t = 0; t < network.tensorCount(); ++t) {
        const auto& tensor = network.tensor(t);
        StoredTensor stored;
        stored.shape = tensor.shape;
        stored.type = tensor.producer >= 0
                          ? plan.network->layers[std::size_t(tensor.producer)].output
                          : IntegerType{plan.network->assignment.activationBits(t),
                                        plan.network->input.is_signed};
        stored.channels = t == network.input() && few_channels
                              ? fewChannels(tensor.shape.channels)
                              : paddedChannels(tensor.shape.channels, stored.type.bits);
        stored.bytes =
            packedBytes(std::int64_t(stored.channels) * tensor.shape.height * tensor.shape.width,
                        stored.type.bits);
        if (stored.channels != tensor.shape.channels)
            plan.notes.push_back({tensor.producer >= 0 ? network.layer(tensor.producer).name : "",
                                  "tensor '" + cSafe(tensor.name) + "' is stored with " +
                                      std::to_string(stored.channels) + " channels instead of " +
                                      std::to_string(tensor.shape.channels) +
                                      "; the others are 0"});
        plan.tensors.push_back(stored);
    }
}

/// Throws where no layer could run: the library is for a power of two of PULP's cores.
void checkTarget(const HardwareProfile& profile)
{
    const auto refuse = [&profile](const std::string& why) {
        throw Error(ErrorCode::Infeasible, "The network cannot be exported to PULP-NN",
                    profile.name(), why, "Choose a PULP target");
    };
    if (profile.fields().dialect != KernelDialect::PulpNn)
        refuse("the target does not run the kernels of PULP-NN");
    if (profile.cores() < 1 || profile.cores() > most_kernel_cores ||
        !std::has_single_bit(unsigned(profile.cores())))
        refuse("the kernels share work between 1, 2, 4, ... " + std::to_string(most_kernel_cores) +
               " cores, it has " + std::to_string(profile.cores()));
}

/// Throws where a layer's tiles are beyond what the table that the program reads can say: its
/// offsets count words in 16 bits, its shapes have numbers of 8, and one transfer per row moves a
/// tile's part of a map.
void checkTables(const ExportPlan& plan, const PlannedLayer& layer, const TileTables& tables)
{
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::Infeasible, "The layer cannot be exported to PULP-NN",
                    plan.network->network->name() + ": layer '" + cSafe(plan.layer(layer).name) +
                        "'",
                    why, "Use a target with less L1, or a smaller resolution or width");
    };
    constexpr std::size_t most_shapes = 256;
    constexpr std::int64_t most_offset = 0xffff * word_bytes;
    if (tables.shapes.size() > most_shapes)
        refuse("its tiles have " + std::to_string(tables.shapes.size()) +
               " different shapes, the program's table has room for " +
               std::to_string(most_shapes));
    if (!tables.whole)
        refuse("a row of one of its tiles is larger than a transfer");
    for (const TileStep& step : tables.steps) {
        std::int64_t last =
            std::max({step.parameters_l1, step.parameters_stage, step.out_l1, step.out_stage});
        for (const auto* places : {&step.in_l1, &step.in_stage})
            for (const std::int64_t place : *places)
                last = std::max(last, place);
        if (last > most_offset)
            refuse("its buffers reach beyond " + std::to_string(most_offset) +
                   " bytes of L1, or of the part of L2 that data from L3 stream through");
    }
}

void noteMemory(ExportPlan& plan, const MemoryPlan& promised)
{
    std::int64_t most = 0;
    for (const std::int64_t bytes : promised.l2_bytes)
        most = std::max(most, bytes);
    if (plan.memory.l2Bytes() > most)
        plan.notes.push_back({"", "activations, weights and streaming buffers take " +
                                      std::to_string(plan.memory.l2Bytes()) +
                                      " bytes of L2; the cost model counts " +
                                      std::to_string(most) + ", for blocks that never leave gaps"});
}

} // namespace

std::int64_t ExportPlan::pixelBytes(const PlannedLayer& planned, int index) const
{
    const StoredTensor& stored = tensor(index);
    if (layer(planned).kind == LayerKind::Linear)
        return stored.bytes;
    return packedBytes(stored.channels, stored.type.bits);
}

double ExportPlan::latencyCycles() const
{
    double cycles = 0;
    for (const PlannedLayer& planned : layers)
        cycles += planned.cost.latency_cycles;
    return cycles;
}

ExportPlan planExport(std::shared_ptr<const IntegerNetwork> network,
                      std::shared_ptr<const HardwareProfile> profile)
{
    checkTarget(*profile);
    ExportPlan plan;
    plan.network = std::move(network);
    plan.profile = std::move(profile);
    // Only the XpulpNN library keeps im2col packed; it is how a profile says which one it means.
    plan.isa = plan.profile->fields().im2col_packed ? "XpulpNN" : "XpulpV2";
    plan.cores = plan.profile->cores();
    planTensors(plan);
    const CostModel costs(plan.network->network, plan.profile);
    const MemoryPlan memory = costs.memoryPlan(plan.network->assignment);
    const NetworkCost promised = costs.cost(plan.network->assignment);
    const std::vector<LayerProgram> programs = costs.programs(plan.network->assignment);
    for (int i = 0; i < plan.network->network->layerCount(); ++i)
        plan.layers.push_back(
            planLayer(plan, costs, i, programs[std::size_t(i)], promised.layers[std::size_t(i)]));
    const std::int64_t l1_bytes = placeInL1(plan.layers);
    if (!memory.infeasible_reason.empty())
        throw Error(ErrorCode::Infeasible, "The network does not fit the target's memory",
                    plan.network->network->name() + " on " + plan.profile->name(),
                    memory.infeasible_reason, "Choose fewer bits or a target with more memory");
    plan.memory = mapMemory(plan, memory, l1_bytes);
    noteMemory(plan, memory);
    for (const PlannedLayer& layer : plan.layers) {
        plan.tables.push_back(tileTables(plan, layer));
        checkTables(plan, layer, plan.tables.back());
    }
    return plan;
}

} // namespace bitdial
