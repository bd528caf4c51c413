// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/tile_tables.h"

#include "core/deployment/pulp_nn/export_plan.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>

namespace bitdial {
namespace {

/// The SDK's sizes and strides have 16 bits; whole words.
constexpr std::int64_t most_bytes = 65532;
constexpr std::int64_t most_stride = 65535;

TileMove dense(std::int64_t bytes)
{
    const std::int64_t pieces = bytes / most_bytes;
    if (pieces == 0)
        return {bytes, 0, 0, 0, 0, 1};
    return {most_bytes, bytes % most_bytes, most_bytes, 0, 0, int(pieces)};
}

/// As few transfers as can say it.
TileMove linesOf(std::int64_t lines, std::int64_t line, std::int64_t stride)
{
    if (lines == 0 || line == 0)
        return {};
    if (lines == 1 || line == stride)
        return dense(lines * line);
    if (stride > most_stride || line > most_bytes)
        return {line, 0, stride, 0, 0, int(lines)};
    const std::int64_t each = std::min(lines, most_bytes / line);
    return {each * line, lines % each * line, each * stride, line, stride, int(lines / each)};
}

/// Part of a stored map: `rows` of `columns`, `slice` bytes of each pixel.
TileMove partOfMap(std::int64_t rows, std::int64_t columns, std::int64_t slice, std::int64_t pixel,
                   std::int64_t row)
{
    if (slice == pixel)
        return linesOf(rows, columns * pixel, row);
    if (row == columns * pixel)
        return linesOf(rows * columns, slice, pixel);
    TileMove move = linesOf(columns, slice, pixel);
    // One row after the other.
    move.step = row;
    move.repeat = int(rows);
    return columns == 0 ? TileMove{} : move;
}

/// Whether a move is all of so many bytes, in transfers that the DMA can do.
bool isWhole(const TileMove& move, std::int64_t bytes)
{
    return move.all() == bytes && move.bytes <= most_bytes;
}

/// Makes one layer's tables.
class Tables {
public:
    Tables(const ExportPlan& plan, const PlannedLayer& layer)
        : m_plan(plan),
          m_layer(layer),
          m_tiles(layer.tiles),
          m_stage(plan.memory.stages[std::size_t(layer.index)]),
          m_in(plan.layer(layer).inputs[0]),
          m_out(plan.layer(layer).output)
    {
    }

    TileTables make()
    {
        const int parts = m_tiles.channel_tiles;
        const int map = m_tiles.mapTiles();
        for (int i = 0; i < map * parts; ++i) {
            const bool outer = m_tiles.tiling.map_outer;
            add(outer ? i / parts : i % map, outer ? i % parts : i / map);
        }
        return std::move(m_tables);
    }

private:
    std::int64_t rowBytes(int tensor) const
    {
        const int width =
            m_plan.layer(m_layer).kind == LayerKind::Linear ? 1 : m_plan.tensor(tensor).shape.width;
        return width * m_plan.pixelBytes(m_layer, tensor);
    }
    bool channelWise() const { return isChannelWise(m_layer.subject.family); }

    /// Bytes of one pixel that a part's channels take. Channels that are computed but not stored
    /// are left out.
    std::int64_t sliceBytes(int tensor, int part) const
    {
        const int bits = m_plan.tensor(tensor).type.bits;
        const std::int64_t stored = m_plan.pixelBytes(m_layer, tensor) * 8 / bits;
        const std::int64_t begin = std::int64_t(part) * m_tiles.tiling.channels;
        return packedBytes(std::min<std::int64_t>(m_tiles.channelsOf(part), stored - begin), bits);
    }
    std::int64_t sliceBegin(int tensor, int part) const
    {
        return packedBytes(std::int64_t(part) * m_tiles.tiling.channels,
                           m_plan.tensor(tensor).type.bits);
    }

    TileShape shape(const TileSpan& row, const TileSpan& column, int part)
    {
        TileShape shape;
        shape.row = row;
        shape.column = column;
        shape.row.in_begin = shape.row.out_begin = 0;
        shape.column.in_begin = shape.column.out_begin = 0;
        shape.channels = m_tiles.channelsOf(part);
        shape.in_pixel_bytes =
            channelWise() ? sliceBytes(m_in, part) : m_plan.pixelBytes(m_layer, m_in);
        shape.in = partOfMap(row.in_size, column.in_size, shape.in_pixel_bytes,
                             m_plan.pixelBytes(m_layer, m_in), rowBytes(m_in));
        const std::int64_t out_slice = sliceBytes(m_out, part);
        shape.out = partOfMap(row.out_size, column.out_size, out_slice,
                              m_plan.pixelBytes(m_layer, m_out), rowBytes(m_out));
        const std::int64_t pixels = std::int64_t(row.in_size) * column.in_size;
        m_tables.whole &= isWhole(shape.in, pixels * shape.in_pixel_bytes);
        m_tables.whole &=
            isWhole(shape.out, std::int64_t(row.out_size) * column.out_size * out_slice);
        shape.block = parameterBlock(m_layer.subject, shape.channels);
        return shape;
    }

    int shapeIndex(const TileShape& shape)
    {
        const auto found = std::ranges::find(m_tables.shapes, shape);
        const auto index = found - m_tables.shapes.begin();
        if (found == m_tables.shapes.end())
            m_tables.shapes.push_back(shape);
        return int(index);
    }

    /// The copy of a buffer that holds its `version`-th contents.
    static std::int64_t copyAt(const TileBuffer& buffer, int version)
    {
        return buffer.offset + (buffer.copies > 1 && version % 2 != 0 ? buffer.second : 0);
    }

    void add(int map, int part)
    {
        const int columns = m_tiles.columns.tiles();
        const TileSpan row = m_tiles.rows.span(map / columns);
        const TileSpan column = m_tiles.columns.span(map % columns);
        const bool first = m_tables.steps.empty();
        TileStep step;
        step.new_input = first || map != m_map || (channelWise() && part != m_part);
        step.new_parameters = first || part != m_part;
        m_input_version += !first && step.new_input ? 1 : 0;
        m_parameter_version += !first && step.new_parameters ? 1 : 0;
        step.in = row.in_begin * rowBytes(m_in) +
                  column.in_begin * m_plan.pixelBytes(m_layer, m_in) +
                  (channelWise() ? sliceBegin(m_in, part) : 0);
        step.out = row.out_begin * rowBytes(m_out) +
                   column.out_begin * m_plan.pixelBytes(m_layer, m_out) + sliceBegin(m_out, part);
        step.parameters = part * parameterBlock(m_layer.subject, m_tiles.tiling.channels).bytes;
        for (std::size_t k = 0; k < m_tiles.inputs.size(); ++k) {
            step.in_l1.push_back(copyAt(m_tiles.inputs[k], m_input_version));
            step.in_stage.push_back(copyAt(m_stage.inputs[k], m_input_version));
        }
        step.parameters_l1 = copyAt(m_tiles.parameters, m_parameter_version);
        step.parameters_stage = copyAt(m_stage.parameters, m_parameter_version);
        step.out_l1 = copyAt(m_tiles.output, int(m_tables.steps.size()));
        step.out_stage = copyAt(m_stage.output, int(m_tables.steps.size()));
        step.shape = shapeIndex(shape(row, column, part));
        m_tables.steps.push_back(std::move(step));
        m_map = map;
        m_part = part;
    }

    const ExportPlan& m_plan;
    const PlannedLayer& m_layer;
    const TilePlan& m_tiles;
    const StagePlan& m_stage;
    int m_in;
    int m_out;
    TileTables m_tables;
    int m_map = 0;
    int m_part = 0;
    int m_input_version = 0;
    int m_parameter_version = 0;
};

} // namespace

TileTables tileTables(const ExportPlan& plan, const PlannedLayer& layer)
{
    return Tables(plan, layer).make();
}

} // namespace bitdial
