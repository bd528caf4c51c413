// SPDX-License-Identifier: Apache-2.0
// src/network_sizes.h and src/network.c: one table entry and one small function per layer.
#include "core/deployment/pulp_nn/c_names.h"
#include "core/deployment/pulp_nn/c_source.h"
#include "core/deployment/pulp_nn/c_text.h"

#include <cmath>
#include <sstream>

namespace bitdial {
namespace {

/// Arguments of a convolution from dim_in_x to stride_y.
std::string windowArguments(const TileSubject& s)
{
    const std::string out_channels =
        s.family == KernelFamily::Depthwise ? "t->shape->channels" : std::to_string(s.in.channels);
    return "t->shape->in_x, t->shape->in_y, " + out_channels +
           ", t->shape->out_x, t->shape->out_y, t->shape->channels,\n        " +
           joined({s.kernel_width, s.kernel_height}) +
           ", t->shape->top, t->shape->bottom, t->shape->left, t->shape->right, " +
           joined({s.stride_x, s.stride_y});
}

std::string weightedArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const TileSubject& s = p.subject;
    const bool depthwise = s.family == KernelFamily::Depthwise;
    const std::string weights = "(void *)t->weights";
    if (s.family == KernelFamily::Linear32)
        return "(void *)t->in[0], (void *)t->kappa, (void *)t->out, " + weights + ",\n        " +
               std::to_string(s.in.channels) + ", t->shape->channels";
    if (s.family == KernelFamily::LinearByAccumulators)
        return "(void *)t->in[0], NULL, (void *)t->scratch, " + weights + ",\n        " +
               std::to_string(s.in.channels) + ", t->shape->channels";
    const std::string requantization = weights + ", " +
                                       (depthwise ? "(void *)t->weight_scratch, " : "") +
                                       "(void *)t->kappa, (void *)t->lambda,\n        1, " +
                                       std::to_string(plan.folded(p).shift) + ", ";
    if (s.family == KernelFamily::Linear)
        return "(void *)t->in[0], NULL, (void *)t->out, " + requantization +
               std::to_string(s.in.channels) + ", t->shape->channels, 1, 1";
    return "(void *)t->in[0], (void *)t->scratch, NULL, (void *)t->out,\n        " +
           requantization + windowArguments(s) + ", 1, 1";
}

std::string addArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const auto& add = plan.folded(p).add;
    std::string text = "(void *)t->in[0], (void *)t->in[1], (void *)t->out,\n        ";
    for (const std::int64_t value :
         {std::int64_t(add.mul[0]), std::int64_t(add.add[0]), std::int64_t(add.shift[0]),
          std::int64_t(add.mul[1]), std::int64_t(add.add[1]), std::int64_t(add.shift[1]),
          std::int64_t(add.out_mul), std::int64_t(add.out_add), std::int64_t(add.out_shift)})
        text += intValue(value) + ", ";
    return text + "t->shape->in_x, t->shape->in_y, t->shape->channels, 1";
}

/// The average pooling takes its start from one side's padding and its end from the other's: equal
/// sides mean what top and left say, and it needs no others.
std::string poolArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const TileSubject& s = p.subject;
    const bool average = s.family == KernelFamily::AveragePool;
    const auto& pool = plan.folded(p).average_pool;
    std::string text = "(void *)t->in[0], (void *)t->out, ";
    if (average)
        text += intValue(pool.lambda) + ", " + std::to_string(pool.out_shift) + ", " +
                intValue(pool.out_add) + ",\n        ";
    text +=
        "t->shape->in_x, t->shape->in_y, t->shape->channels, t->shape->out_x, t->shape->out_y, " +
        joined({s.kernel_width, s.kernel_height}) + ",\n        ";
    text += average ? "t->shape->top, t->shape->top, t->shape->left, t->shape->left, "
                    : "t->shape->top, t->shape->bottom, t->shape->left, t->shape->right, ";
    return text + joined({s.stride_x, s.stride_y}) + (average ? ", 1" : "");
}

std::string callArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    if (p.subject.bits.weight > 0)
        return weightedArguments(plan, p);
    return p.subject.family == KernelFamily::Add ? addArguments(plan, p) : poolArguments(plan, p);
}

std::string describeTiles(const TilePlan& tiles)
{
    return std::to_string(tiles.tiles()) + (tiles.tiles() == 1 ? " tile" : " tiles") + " of " +
           std::to_string(tiles.rows.tile_size) + " rows, " +
           std::to_string(tiles.columns.tile_size) + " columns, " +
           std::to_string(tiles.tiling.channels) + " channels; " +
           std::to_string(tiles.tiling.l1.bytes()) + " bytes of L1";
}

std::string kernelCall(const ExportPlan& plan, const PlannedLayer& p)
{
    std::string text = "static void run_" + p.identifier + "(const tile_call *t)\n{\n    " +
                       p.kernel + "(" + callArguments(plan, p) + ");\n";
    if (p.subject.family == KernelFamily::LinearByAccumulators) {
        const IntegerLayer& folded = plan.folded(p);
        text += "    requantize_bytes((const int32_t *)t->scratch, t->out, (const int32_t "
                "*)t->kappa,\n        (const int32_t *)t->lambda, " +
                joined({folded.shift, folded.output.is_signed ? 1 : 0}) +
                ", t->shape->channels);\n";
    }
    return text + "}\n\n";
}

std::string layerText(const ExportPlan& plan, const PlannedLayer& p)
{
    return "/* " + cSafe(plan.layer(p).name) + ": " + describeTiles(p.tiles) + " */\n" +
           kernelCall(plan, p);
}

/// `l1_offset` is where a tensor lies that never leaves L1.
std::string tensorValue(const ExportPlan& plan, int tensor, std::int64_t l1_offset)
{
    const auto& stored = plan.tensor(tensor);
    const auto index = std::size_t(tensor);
    const bool in_l1 = plan.memory.tensor_in_l1[index] != 0;
    const bool in_l3 = plan.memory.tensor_in_l3[index] != 0;
    return std::string("{") +
           (in_l1 ? "network_in_l1, " : (in_l3 ? "network_in_l3, " : "network_in_l2, ")) +
           joined({in_l1 ? l1_offset : plan.memory.tensor_offsets[index], stored.bytes,
                   stored.shape.height, stored.shape.width, stored.channels, stored.type.bits,
                   stored.type.is_signed ? 1 : 0}) +
           "}";
}

/// What the program needs to start each layer; a table that stays in L2 has no bytes.
std::string tileTable(const ExportPlan& plan)
{
    std::string text = "const tile_layer network_tiles[NETWORK_LAYERS] = {\n";
    for (const auto& p : plan.layers)
        text += "    {run_" + p.identifier + ", &" + p.identifier + ".table, " +
                joined({p.tiles.table_offset, p.tiles.tiling.l1.table}) + "},\n";
    return text + "};\n\n";
}

std::string layerTable(const ExportPlan& plan)
{
    std::string text = "const network_layer network_layers[NETWORK_LAYERS] = {\n";
    for (const auto& p : plan.layers)
        text += "    {\"" + cSafe(plan.layer(p).name) + "\", \"" + p.kernel + "\", \"" +
                goldenFileName(p.index) + "\", " +
                std::to_string(std::llround(p.cost.latency_cycles)) + "ul, " +
                std::to_string(std::llround(p.cost.compute_cycles)) + "ul,\n     " +
                tensorValue(plan, plan.layer(p).output, p.tiles.output.offset) + ", " +
                joined({p.tiles.kept_begin, p.tiles.kept_end}) + "},\n";
    return text + "};\n";
}

} // namespace

std::string goldenFileName(int layer)
{
    const std::string number = std::to_string(layer);
    return "layer_" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number + ".bin";
}

std::string networkSizes(const ExportPlan& plan, int images, std::int64_t golden_bytes)
{
    const MemoryMap& memory = plan.memory;
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << c_licence
         << "#ifndef NETWORK_SIZES_H\n#define NETWORK_SIZES_H\n\n#define NETWORK_LAYERS "
         << plan.layers.size() << "\n/* At most: the buffers in L1 are for so many. */\n"
         << "#define NETWORK_CORES " << plan.cores << "\n#define NETWORK_GOLDEN_IMAGES " << images
         << "\n/* Bytes. The weights are constant data in L2 or, at the start of the external RAM, "
            "those of\n   flash/weights.bin. */\n#define NETWORK_L1_BYTES "
         << memory.l1_bytes
         << "\n/* Besides, in L1: the stacks of core 0 and of each other core. */"
            "\n#define NETWORK_MASTER_STACK_BYTES 2048"
         << "\n#define NETWORK_SLAVE_STACK_BYTES 1024"
         << "\n#define NETWORK_L2_TENSOR_BYTES " << memory.l2_tensor_bytes
         << "\n#define NETWORK_L2_STAGE_BYTES " << memory.l2_stage_bytes
         << "\n#define NETWORK_L3_WEIGHT_BYTES " << memory.l3_weight_bytes
         << "\n#define NETWORK_L3_BYTES " << memory.l3_bytes
         << "\n/* Behind these, for the program that checks: those of flash/golden.bin. */"
            "\n#define NETWORK_L3_GOLDEN_BYTES "
         << golden_bytes << "\n\n"
         << "/* Cycles that the cost model promises for all layers. */\n"
            "#define NETWORK_PROMISED_CYCLES "
         << std::llround(plan.latencyCycles()) << "ul\n\n#endif\n";
    return text.str();
}

std::string networkSource(const ExportPlan& plan)
{
    std::string text =
        std::string(c_licence) +
        "#include \"network.h\"\n\n#include \"pulp_nn_kernels.h\"\n"
        "#include \"requantize.h\"\n#include \"layer_data.h\"\n\n#include <stddef.h>\n\n"
        "#define ALIGNED __attribute__((aligned(4)))\n\n"
        "static PI_L2 uint8_t l2_arena[NETWORK_L2_TENSOR_BYTES + "
        "NETWORK_L2_STAGE_BYTES + 4] ALIGNED;\n\n";
    for (const auto& p : plan.layers)
        text += layerText(plan, p);
    return text + "const network_tensor network_input = " +
           tensorValue(plan, plan.network->network->input(), 0) + ";\n\n" + tileTable(plan) +
           layerTable(plan) + "\nuint8_t *const network_l2 = l2_arena;\n";
}

} // namespace bitdial
