// SPDX-License-Identifier: Apache-2.0
// src/network_sizes.h and src/network.c: one table entry and one small function per layer.
#include "core/deployment/c_names.h"
#include "core/deployment/c_source.h"
#include "core/deployment/c_text.h"

#include <cmath>
#include <sstream>

namespace bitdial {
namespace {

std::string flag(bool value)
{
    return value ? "1" : "0";
}

std::string buffer(const TileBuffer& buffer)
{
    return "{" + joined({buffer.offset, buffer.bytes, buffer.copies}) + "}";
}

std::string tensorPlace(const ExportPlan& plan, int tensor)
{
    const std::string offset = std::to_string(plan.memory.tensor_offsets[std::size_t(tensor)]);
    return plan.memory.tensor_in_l3[std::size_t(tensor)] != 0 ? "{NULL, " + offset + "}"
                                                              : "{l2_arena + " + offset + ", 0}";
}

std::string axis(const TiledAxis& axis)
{
    return "{" +
           joined({axis.in_length, axis.out_length, axis.tile_size, axis.kernel, axis.stride,
                   axis.padding_before, axis.stored_border ? 1 : 0}) +
           "}";
}

std::string map(const ExportPlan& plan, const PlannedLayer& p, int tensor, const TileBuffer& l1,
                const TileBuffer& stage)
{
    const auto& stored = plan.tensor(tensor);
    const bool linear = plan.layer(p).kind == LayerKind::Linear;
    const std::int64_t channels =
        linear ? plan.pixelBytes(p, tensor) * 8 / stored.type.bits : stored.channels;
    return "{" + tensorPlace(plan, tensor) + ", " +
           joined({plan.pixelBytes(p, tensor), channels, stored.type.bits}) + ", " + buffer(l1) +
           ", " + buffer(stage) + "}";
}

std::string array(const ExportPlan& plan, const PlannedLayer& p, const char* name,
                  std::int64_t channel_bits, std::int64_t l3, const TileBuffer& l1,
                  const TileBuffer& stage)
{
    const std::string place = plan.memory.weights_in_l3 ? "{NULL, " + std::to_string(l3) + "}"
                                                        : "{" + p.identifier + name + ", 0}";
    return "\n        {" + place + ", " + std::to_string(channel_bits) + ", " + buffer(l1) + ", " +
           buffer(stage) + "},";
}

/// Weights, then kappa and lambda or the bias.
std::string arrays(const ExportPlan& plan, const PlannedLayer& p)
{
    const auto& place = plan.memory.parameters[std::size_t(p.index)];
    const auto& stage = plan.memory.stages[std::size_t(p.index)];
    const bool raw = p.subject.family == KernelFamily::Linear32;
    std::string text = array(plan, p, "_weights", filterElements(p.subject) * p.subject.bits.weight,
                             place.weights, p.tiles.weights, stage.weights);
    text += array(plan, p, raw ? "_bias" : "_kappa", 32, place.kappa, p.tiles.kappa, stage.kappa);
    if (!raw)
        text += array(plan, p, "_lambda", 32, place.lambda, p.tiles.lambda, stage.lambda);
    return text;
}

/// Arguments of a convolution from dim_in_x to stride_y.
std::string windowArguments(const TileSubject& s)
{
    const std::string out_channels =
        s.family == KernelFamily::Depthwise ? "t->channels" : std::to_string(s.in.channels);
    return "t->in_x, t->in_y, " + out_channels + ", t->out_x, t->out_y, t->channels,\n        " +
           joined({s.kernel_width, s.kernel_height}) + ", t->top, t->bottom, t->left, t->right, " +
           joined({s.stride_x, s.stride_y});
}

std::string weightedArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const TileSubject& s = p.subject;
    const bool depthwise = s.family == KernelFamily::Depthwise;
    const std::string weights = "(void *)t->array[0]";
    if (s.family == KernelFamily::Linear32)
        return "(void *)t->in[0], (void *)t->array[1], (void *)t->out, " + weights + ",\n        " +
               std::to_string(s.in.channels) + ", t->channels";
    const std::string requantization = weights + ", " +
                                       (depthwise ? "(void *)t->weight_scratch, " : "") +
                                       "(void *)t->array[1], (void *)t->array[2],\n        1, " +
                                       std::to_string(plan.folded(p).shift) + ", ";
    if (s.family == KernelFamily::Linear)
        return "(void *)t->in[0], NULL, (void *)t->out, " + requantization +
               std::to_string(s.in.channels) + ", t->channels, 1, 1";
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
    return text + "t->in_x, t->in_y, t->channels, 1";
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
    text += "t->in_x, t->in_y, t->channels, t->out_x, t->out_y, " +
            joined({s.kernel_width, s.kernel_height}) + ",\n        ";
    text +=
        average ? "t->top, t->top, t->left, t->left, " : "t->top, t->bottom, t->left, t->right, ";
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
           std::to_string(tiles.channel_tile) + " channels; " + std::to_string(tiles.l1_bytes) +
           " bytes of L1";
}

/// Byte in the border of a max-pooling: the lowest value.
int borderByte(const ExportPlan& plan, const PlannedLayer& p)
{
    const bool is_signed = plan.tensor(plan.layer(p).inputs[0]).type.is_signed;
    return p.subject.family == KernelFamily::MaxPool && is_signed ? 0x80 : 0;
}

std::string layerText(const ExportPlan& plan, const PlannedLayer& p)
{
    const Layer& layer = plan.layer(p);
    const TilePlan& tiles = p.tiles;
    const auto& stage = plan.memory.stages[std::size_t(p.index)];
    std::string text =
        "/* " + cSafe(layer.name) + ": " + describeTiles(tiles) + " */\nstatic void run_" +
        p.identifier + "(void *argument)\n{\n    const tile_call *t = argument;\n    " + p.kernel +
        "(" + callArguments(plan, p) + ");\n}\n\nstatic const tiled_layer " + p.identifier +
        " = {\n    .kernel = run_" + p.identifier + ",\n    .rows = " + axis(tiles.rows) +
        ",\n    .columns = " + axis(tiles.columns) +
        ",\n    .channels = " + std::to_string(p.subject.out.channels) +
        ",\n    .channel_tile = " + std::to_string(tiles.channel_tile);
    const auto set = [&text](const char* name, const std::string& value) {
        text += std::string(",\n    .") + name + " = " + value;
    };
    set("channel_wise", flag(isChannelWise(p.subject.family)));
    set("planes", flag(p.subject.family == KernelFamily::Depthwise));
    set("map_outer", flag(tiles.tiling.map_outer));
    set("double_buffered", flag(tiles.tiling.double_buffered));
    set("fill", std::to_string(borderByte(plan, p)));
    set("inputs", std::to_string(layer.inputs.size()));
    std::string maps;
    for (std::size_t i = 0; i < layer.inputs.size(); ++i)
        maps +=
            "\n        " + map(plan, p, layer.inputs[i], tiles.inputs[i], stage.inputs[i]) + ",";
    set("in", "{" + maps + "}");
    set("out", map(plan, p, layer.output, tiles.output, stage.output));
    if (p.subject.bits.weight > 0) {
        set("arrays", p.subject.family == KernelFamily::Linear32 ? "2" : "3");
        set("array", "{" + arrays(plan, p) + "}");
    }
    set("scratch", std::to_string(tiles.scratch.offset));
    set("weight_scratch", std::to_string(tiles.weight_scratch.offset));
    return text + "};\n\n";
}

std::string tensorValue(const ExportPlan& plan, int tensor)
{
    const auto& stored = plan.tensor(tensor);
    return "{" + tensorPlace(plan, tensor) + ", " +
           joined({stored.bytes, stored.shape.height, stored.shape.width, stored.channels,
                   stored.type.bits, stored.type.is_signed ? 1 : 0}) +
           "}";
}

std::string layerTable(const ExportPlan& plan)
{
    std::string text = "const network_layer network_layers[NETWORK_LAYERS] = {\n";
    for (const auto& p : plan.layers)
        text += "    {\"" + cSafe(plan.layer(p).name) + "\", \"" + p.kernel + "\", \"" +
                goldenFileName(p.index) + "\", " + std::to_string(std::llround(p.latency_cycles)) +
                "ul, &" + p.identifier + ",\n     " + tensorValue(plan, plan.layer(p).output) +
                "},\n";
    return text + "};\n";
}

} // namespace

std::string goldenFileName(int layer)
{
    const std::string number = std::to_string(layer);
    return "layer_" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number + ".bin";
}

std::string networkSizes(const ExportPlan& plan, int images)
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
         << memory.l1_bytes << "\n#define NETWORK_L2_TENSOR_BYTES " << memory.l2_tensor_bytes
         << "\n#define NETWORK_L2_STAGE_BYTES " << memory.l2_stage_bytes
         << "\n#define NETWORK_L3_WEIGHT_BYTES " << memory.l3_weight_bytes
         << "\n#define NETWORK_L3_BYTES " << memory.l3_bytes << "\n\n"
         << "/* Cycles that the cost model promises for all layers. */\n"
            "#define NETWORK_PROMISED_CYCLES "
         << std::llround(plan.latencyCycles()) << "ul\n\n#endif\n";
    return text.str();
}

std::string networkSource(const ExportPlan& plan)
{
    std::string text = std::string(c_licence) +
                       "#include \"network.h\"\n\n#include \"pulp_nn_kernels.h\"\n"
                       "#include \"weights.h\"\n\n#include <stddef.h>\n\n"
                       "#define ALIGNED __attribute__((aligned(4)))\n\n"
                       "static PI_L1 uint8_t l1_arena[NETWORK_L1_BYTES] ALIGNED;\n"
                       "static PI_L2 uint8_t l2_arena[NETWORK_L2_TENSOR_BYTES + "
                       "NETWORK_L2_STAGE_BYTES + 4] ALIGNED;\n\n";
    for (const auto& p : plan.layers)
        text += layerText(plan, p);
    return text + "const network_tensor network_input = " +
           tensorValue(plan, plan.network->network->input()) + ";\n\n" + layerTable(plan) +
           "\nuint8_t *const network_l1 = l1_arena;\nuint8_t *const network_l2 = l2_arena;\n";
}

} // namespace bitdial
