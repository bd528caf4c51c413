// SPDX-License-Identifier: Apache-2.0
// layer_data.h and layer_data.c: each layer's table, and its parameters behind it.
#include "core/deployment/pulp_nn/c_names.h"
#include "core/deployment/pulp_nn/c_source.h"
#include "core/deployment/pulp_nn/c_text.h"
#include "core/deployment/pulp_nn/packing.h"
#include "core/hardware/model/l1_buffers.h"

namespace bitdial {
namespace {

/// Of tiles.h: tile_parameters, tile_output.
enum : int { parameters_bit = 4, output_bit = 8 };

const TileTables& tablesOf(const ExportPlan& plan, const PlannedLayer& p)
{
    return plan.tables[std::size_t(p.index)];
}

bool hasParameters(const ExportPlan& plan, const PlannedLayer& p)
{
    return plan.layer(p).hasWeights() && !plan.memory.weights_in_l3;
}

std::string moveText(const TileMove& move)
{
    return "{" +
           joined({move.bytes, move.rest, move.step, move.line, move.stride, move.repeat, 0}) + "}";
}

std::string shapeText(const PlannedLayer& p, const TileShape& shape)
{
    const TiledAxis& rows = p.tiles.rows;
    const TiledAxis& columns = p.tiles.columns;
    const auto padding = [](const TiledAxis& axis, int outside) {
        return axis.stored_border ? 0 : outside;
    };
    const auto stored = [](const TiledAxis& axis, int outside) {
        return axis.stored_border ? outside : 0;
    };
    int width = columns.storedSize(shape.column);
    if (p.subject.family == KernelFamily::Depthwise)
        width = planeColumns(width);
    const int height = rows.storedSize(shape.row);
    const bool spread = p.tiles.spread.bytes > 0;
    return "{" +
           joined({width, height, shape.column.out_size, shape.row.out_size, shape.channels,
                   padding(rows, shape.row.before), padding(rows, shape.row.after),
                   padding(columns, shape.column.before), padding(columns, shape.column.after),
                   shape.row.in_size, shape.column.in_size,
                   spread ? shape.in_pixel_bytes : std::int64_t(0), stored(rows, shape.row.before),
                   stored(columns, shape.column.before), width, height}) +
           ",\n         " + moveText(shape.in) + ", " + moveText(shape.out) + ", " +
           joined({shape.in.all(), shape.out.all(), shape.block.bytes, shape.block.kappa,
                   shape.block.lambda}) +
           "}";
}

/// One or two numbers in braces, in words.
std::string inWords(const std::vector<std::int64_t>& bytes)
{
    return "{" + joined({bytes[0] / word_bytes, bytes.size() > 1 ? bytes[1] / word_bytes : 0}) +
           "}";
}

std::string stepText(const TileStep& step)
{
    return "{" + joined({step.in, step.out, step.parameters}) + ", " + inWords(step.in_l1) + ", " +
           joined({step.parameters_l1 / word_bytes, step.out_l1 / word_bytes}) + ", " +
           inWords(step.in_stage) + ", " +
           joined({step.parameters_stage / word_bytes, step.out_stage / word_bytes, step.shape,
                   (step.new_input ? 1 : 0) + (step.new_parameters ? 2 : 0), 0}) +
           "}";
}

int inputBits(const std::array<bool, 2>& inputs)
{
    return (inputs[0] ? 1 : 0) + (inputs[1] ? 2 : 0);
}

/// What of the first tile is in L1 when the layer begins.
int presentBits(const LayerLink& link)
{
    return inputBits(link.resident) | inputBits(link.early_input) |
           (link.early_parameters ? parameters_bit : 0);
}

int externalBits(const ExportPlan& plan, const PlannedLayer& p)
{
    const Layer& layer = plan.layer(p);
    const auto in_l3 = [&](int tensor) {
        return plan.memory.tensor_in_l3[std::size_t(tensor)] != 0;
    };
    int bits = layer.hasWeights() && plan.memory.weights_in_l3 ? parameters_bit : 0;
    for (std::size_t k = 0; k < layer.inputs.size(); ++k)
        bits |= in_l3(layer.inputs[k]) ? 1 << k : 0;
    return bits | (in_l3(layer.output) ? output_bit : 0);
}

/// Byte in the border of a max-pooling: the lowest value.
int borderByte(const ExportPlan& plan, const PlannedLayer& p)
{
    const bool is_signed = plan.tensor(plan.layer(p).inputs[0]).type.is_signed;
    return p.subject.family == KernelFamily::MaxPool && is_signed ? 0x80 : 0;
}

std::string spreadName(const PlannedLayer& p)
{
    if (p.tiles.spread.bytes == 0)
        return "spread_not";
    return p.subject.family == KernelFamily::Depthwise ? "spread_planes" : "spread_border";
}

std::int64_t tensorOffset(const ExportPlan& plan, int tensor)
{
    return plan.memory.tensor_offsets[std::size_t(tensor)];
}

/// What the next layer finds in L1 of its own.
std::string earlyText(const ExportPlan& plan, const PlannedLayer* next)
{
    if (next == nullptr)
        return "";
    const TilePlan& tiles = next->tiles;
    const TileTables& tables = tablesOf(plan, *next);
    const TileStep& first = tables.steps.front();
    const TileShape& shape = tables.shapes[std::size_t(first.shape)];
    std::int64_t bytes = tiles.link.early_table ? tiles.tiling.l1.table : 0;
    if (tiles.link.early_parameters)
        bytes += shape.block.bytes;
    std::string text = ",\n     .early = " + std::to_string(inputBits(tiles.link.early_input)) +
                       ", .next_l1 = " + std::to_string(tiles.table_offset) +
                       ", .next_bytes = " + std::to_string(bytes);
    if (inputBits(tiles.link.early_input) == 0)
        return text;
    const Layer& layer = plan.layer(*next);
    std::vector<std::int64_t> from;
    for (const int input : layer.inputs)
        from.push_back(tensorOffset(plan, input) + first.in);
    from.resize(2);
    std::vector<std::int64_t> to = first.in_l1;
    to.resize(2);
    return text + ",\n     .early_from = {" + joined({from[0], from[1]}) + "}, .early_to = {" +
           joined({to[0], to[1]}) + "}, .early_move = " + moveText(shape.in);
}

/// Its parameters in L3, or where they begin behind its table in L2.
std::int64_t parametersAt(const ExportPlan& plan, const PlannedLayer& p)
{
    if (!plan.layer(p).hasWeights())
        return 0;
    if (plan.memory.weights_in_l3)
        return plan.memory.parameters[std::size_t(p.index)];
    return tableBytes(p.tiles.tiling.shapes, p.tiles.tiles());
}

std::string tableText(const ExportPlan& plan, const PlannedLayer& p, const PlannedLayer* next)
{
    const Layer& layer = plan.layer(p);
    const TileTables& tables = tablesOf(plan, p);
    std::string text = "{.tiles = " + std::to_string(tables.steps.size()) +
                       ", .shapes = " + std::to_string(p.tiles.tiling.shapes);
    const auto set = [&text](const char* name, const std::string& value) {
        text += std::string(", .") + name + " = " + value;
    };
    set("inputs", std::to_string(layer.inputs.size()));
    set("overlapped", p.tiles.tiling.double_buffered ? "1" : "0");
    set("spread", spreadName(p));
    set("fill", std::to_string(borderByte(plan, p)));
    text += ",\n     .present = " + std::to_string(presentBits(p.tiles.link));
    set("external", std::to_string(externalBits(plan, p)));
    set("stores", p.tiles.stored ? "1" : "0");
    std::vector<std::int64_t> in;
    for (const int input : layer.inputs)
        in.push_back(tensorOffset(plan, input));
    in.resize(2);
    set("in", "{" + joined({in[0], in[1]}) + "}");
    set("out", std::to_string(tensorOffset(plan, layer.output)));
    set("parameters", std::to_string(parametersAt(plan, p)));
    text += ",\n     .spread_to = " + std::to_string(p.tiles.spread.offset);
    set("scratch", std::to_string(p.tiles.scratch.offset));
    set("weight_scratch", std::to_string(p.tiles.weight_scratch.offset));
    text += earlyText(plan, next) + "},\n    {";
    for (const TileShape& shape : tables.shapes)
        text += "\n        " + shapeText(p, shape) + ",";
    text += "},\n    {";
    for (const TileStep& step : tables.steps)
        text += "\n        " + stepText(step) + ",";
    return text + "}";
}

std::string typeText(const ExportPlan& plan, const PlannedLayer& p)
{
    std::string text = "typedef struct {\n    tile_table table;\n    tile_shape shapes[" +
                       std::to_string(p.tiles.tiling.shapes) + "];\n    tile_step steps[" +
                       std::to_string(p.tiles.tiles()) + "];\n";
    if (hasParameters(plan, p))
        text += "    uint32_t parameters[" +
                std::to_string(parameterBytes(p.subject, p.tiles) / word_bytes) + "];\n";
    return text + "} " + p.identifier + "_type;\nextern const " + p.identifier + "_type " +
           p.identifier + ";\n\n";
}

} // namespace

std::string layerDataHeader(const ExportPlan& plan)
{
    std::string text =
        std::string(c_licence) +
        "/* What each layer needs while it runs: its table, and what its kernel calls read, in a "
        "block for each\n   part of its channels: packed weights, then kappa and lambda or the "
        "bias "
        "of each channel. */\n" +
        (plan.memory.weights_in_l3 ? "/* The blocks are in flash/weights.bin. */\n" : "") +
        "#ifndef LAYER_DATA_H\n#define LAYER_DATA_H\n\n#include \"tiles.h\"\n\n#include "
        "<stdint.h>\n\n";
    for (const auto& p : plan.layers)
        text += typeText(plan, p);
    return text + "#endif\n";
}

std::string layerDataSource(const ExportPlan& plan)
{
    std::string text = std::string(c_licence) +
                       "/* The first byte is in the low bits of each word. */\n"
                       "#include \"layer_data.h\"\n";
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        const PlannedLayer& p = plan.layers[i];
        const PlannedLayer* next = i + 1 < plan.layers.size() ? &plan.layers[i + 1] : nullptr;
        text += "\n/* " + cSafe(plan.layer(p).name);
        if (plan.layer(p).hasWeights())
            text += ": " + std::to_string(p.subject.bits.weight) + "-bit weights, blocks of " +
                    std::to_string(p.tiles.tiling.channels) + " channels";
        text += " */\nconst " + p.identifier + "_type " + p.identifier + " = {\n    " +
                tableText(plan, p, next);
        if (hasParameters(plan, p))
            text += ",\n    {" + wordList(packParameters(plan, p)) + "}";
        text += "};\n";
    }
    return text;
}

std::string flashWeights(const ExportPlan& plan)
{
    std::string file;
    for (const auto& p : plan.layers) {
        if (!plan.layer(p).hasWeights())
            continue;
        const auto bytes = packParameters(plan, p);
        file.append(bytes.begin(), bytes.end());
    }
    return file;
}

} // namespace bitdial
