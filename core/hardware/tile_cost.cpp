// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/tile_cost.h"

#include "core/hardware/kernel_dialect.h"

#include <algorithm>

namespace bitdial {

namespace {

/// Lines of a 2D transfer of part of a map: pixels when channels are left out, rows when columns
/// are, otherwise one.
double transferLines(int rows, int columns, bool all_columns, bool all_channels)
{
    if (!all_channels)
        return double(rows) * columns;
    return all_columns ? 1 : rows;
}

} // namespace

/// What stands for all tiles of the same three classes.
struct TileCost::Tile {
    const TileClass& row;
    const TileClass& column;
    const TileClass& channel;
    double compute = 0;
    bool firstOfMap() const { return row.first && column.first; }
    bool first() const { return firstOfMap() && channel.first; }
    bool last() const { return row.last && column.last && channel.last; }
    double count() const { return double(row.count) * column.count * channel.count; }
    std::int64_t inputPixels() const { return std::int64_t(row.in_size) * column.in_size; }
    std::int64_t outputPixels() const { return std::int64_t(row.size) * column.size; }
};

/// Of one tile, by the engine that spends them.
struct TileCost::Cycles {
    double load = 0;
    double store = 0;
    double l3_load = 0;
    double l3_store = 0;
    double transfers = 0;
    std::int64_t moved_bytes = 0;
    std::int64_t l3_bytes = 0;
};

/// What the tiles occupy.
struct TileCost::Bytes {
    std::int64_t l1 = 0;
    std::int64_t streamed = 0; ///< the part of it that comes from L3 or goes there
};

TileCost::TileCost(const TilingProblem& problem, const DimensionCut& whole_height,
                   const DimensionCut& whole_width)
    : m_problem(problem),
      m_work(problem.work),
      m_profile(problem.profile),
      m_has_weights(m_work.bits.weight != 0),
      m_depthwise(m_work.kind == LayerKind::DepthwiseConv),
      m_gathers(m_depthwise && !m_problem.kernel.array &&
                m_profile.dialect == KernelDialect::PulpNn),
      m_operands(m_work.kind == LayerKind::Add ? 2 : 1),
      m_taps(std::int64_t(m_work.kernel_height) * m_work.kernel_width),
      m_narrow_gain(narrowGain(whole_height, whole_width))
{
}

void TileCost::setMap(const DimensionCut& rows, const DimensionCut& columns)
{
    m_rows = &rows;
    m_columns = &columns;
    m_map_tiles = rows.tiles * columns.tiles;
    m_largest_input = std::int64_t(rows.largest_input) * columns.largest_input;
    m_map_compute = -1;
}

double TileCost::mapCompute()
{
    if (m_map_compute >= 0)
        return m_map_compute;
    m_map_compute = 0;
    auto kernel = m_map_kernels.begin();
    for (const TileClass& row : m_rows->classes())
        for (const TileClass& column : m_columns->classes()) {
            *kernel = kernelOn(row, column, m_work.out_channels);
            m_map_compute += double(row.count) * column.count * *kernel++;
        }
    return m_map_compute;
}

void TileCost::setChannels(const DimensionCut& channels)
{
    m_channels = &channels;
}

std::int64_t TileCost::inputBytes(std::int64_t pixels, int channels) const
{
    return packedBytes(pixels * (channelWise() ? channels : m_work.in_channels), m_work.bits.in);
}

std::int64_t TileCost::outputBytes(std::int64_t pixels, int channels) const
{
    return packedBytes(pixels * channels, m_work.bits.out);
}

std::int64_t TileCost::filterBytes(int channels) const
{
    return packedBytes(channels * m_taps * (m_depthwise ? 1 : m_work.in_channels),
                       m_work.bits.weight);
}

std::int64_t TileCost::requantBytes(int channels) const
{
    return std::int64_t(channels) * requantBytesPerChannel(m_work.bits);
}

std::int64_t TileCost::weightBytes(int channels) const
{
    return m_has_weights ? filterBytes(channels) + requantBytes(channels) : 0;
}

std::int64_t TileCost::scratchBytes() const
{
    if (m_profile.dialect == KernelDialect::Plain || m_problem.kernel.array)
        return 0; // only the cores' kernels unpack into buffers
    if (m_work.kind == LayerKind::Conv)
        return packedBytes(std::int64_t(2) * m_profile.cores * m_taps * m_work.in_channels,
                           m_profile.im2col_packed ? std::max(m_work.bits.in, m_work.bits.weight)
                                                   : 8);
    if (!m_depthwise)
        return 0;
    const std::int64_t group = depthwiseGroup(m_work.bits);
    const int rows = m_rows->largest_input + m_work.padding.top + m_work.padding.bottom;
    // The kernel stores whole words: 4 bytes of slack for each core's buffer.
    const std::int64_t columns =
        m_profile.cores *
        (group * (std::int64_t(m_work.kernel_width) * rows + m_work.kernel_width) + 4);
    return columns + (m_work.bits.weight < 8 ? m_profile.cores * group * m_taps : 0);
}

TileCost::Bytes TileCost::bytes(bool double_buffered) const
{
    const int buffers = double_buffered ? 2 : 1;
    const bool many = tiles() > 1;
    const int channels = m_channels->full().size;
    const bool input_changes = channelWise() ? many : m_map_tiles > 1;
    const std::int64_t input =
        inputBytes(m_largest_input, channels) * (input_changes ? buffers : 1);
    const std::int64_t weights = weightBytes(channels) * (m_channels->tiles > 1 ? buffers : 1);
    const std::int64_t output =
        outputBytes(std::int64_t(m_rows->full().size) * m_columns->full().size, channels) *
        (many ? buffers : 1);
    const ExternalData& external = m_problem.external;
    return {input * m_operands + weights + output + scratchBytes(),
            input * external.inputs + (external.weights ? weights : 0) +
                (external.output ? output : 0)};
}

bool TileCost::fits(bool double_buffered) const
{
    const Bytes needed = bytes(double_buffered);
    return needed.l1 <= m_profile.l1.usableBytes() && needed.streamed <= streamingBytes(m_profile);
}

double TileCost::kernelOn(const TileClass& row, const TileClass& column, int channels) const
{
    KernelWork work = m_work;
    if (channelWise())
        work.in_channels = channels;
    work.in_height = row.in_size;
    work.in_width = column.in_size;
    work.out_height = row.size;
    work.out_width = column.size;
    work.out_channels = channels;
    work.padding.top = row.first ? m_work.padding.top : 0;
    work.padding.bottom = row.last ? m_work.padding.bottom : 0;
    work.padding.left = column.first ? m_work.padding.left : 0;
    work.padding.right = column.last ? m_work.padding.right : 0;
    return kernelCycles(m_problem.kernel, work, m_profile.cores);
}

double TileCost::l3Cycles(std::int64_t bytes) const
{
    return m_profile.l3.latency_cycles + double(bytes) / m_profile.l3.bandwidth_bytes_per_cycle;
}

double TileCost::inputLoad(const TileClass& row, const TileClass& column, int channels) const
{
    const double bytes = double(inputBytes(std::int64_t(row.in_size) * column.in_size, channels));
    if (m_gathers)
        return awaitedCycles(m_profile.dma, m_profile.dma.setup_cycles +
                                                bytes * m_profile.dma.gather_cycles_per_byte);
    const double lines =
        transferLines(row.in_size, column.in_size, column.in_size == m_work.in_width,
                      !channelWise() || channels == m_work.out_channels);
    return dmaCycles(m_profile.dma, bytes / lines, lines, false) * m_operands;
}

double TileCost::weightLoad(int channels) const
{
    // kappa and lambda are two arrays, the bias of a 32-bit linear is one.
    const int arrays = m_work.bits.out == 32 ? 1 : 2;
    return dmaCycles(m_profile.dma, double(filterBytes(channels)), 1, false) +
           arrays * dmaCycles(m_profile.dma, double(requantBytes(channels)) / arrays, 1, false);
}

double TileCost::weightTransfers() const
{
    return m_work.bits.out == 32 ? 2 : 3;
}

double TileCost::outputStore(const TileClass& row, const TileClass& column, int channels) const
{
    const double lines = transferLines(row.size, column.size, column.size == m_work.out_width,
                                       channels == m_work.out_channels);
    const std::int64_t bytes = outputBytes(std::int64_t(row.size) * column.size, channels);
    return dmaCycles(m_profile.dma, double(bytes) / lines, lines, true);
}

bool TileCost::loadsInput(const Tile& tile, bool map_outer) const
{
    if (channelWise())
        return true;
    return map_outer ? tile.channel.first : m_map_tiles > 1 || tile.first();
}

bool TileCost::loadsWeights(const Tile& tile, bool map_outer) const
{
    return m_has_weights && (tile.firstOfMap() || (map_outer && m_channels->tiles > 1));
}

TileCost::Cycles TileCost::cycles(const Tile& tile, bool map_outer) const
{
    const ExternalData& external = m_problem.external;
    const int channels = tile.channel.size;
    Cycles cost;
    if (loadsInput(tile, map_outer)) {
        const std::int64_t bytes = inputBytes(tile.inputPixels(), channels);
        cost.load = inputLoad(tile.row, tile.column, channels);
        cost.transfers += m_operands;
        cost.moved_bytes += bytes * m_operands;
        cost.l3_bytes += bytes * external.inputs;
        if (external.inputs > 0)
            cost.l3_load += external.inputs * l3Cycles(bytes);
    }
    if (loadsWeights(tile, map_outer)) {
        const std::int64_t bytes = weightBytes(channels);
        cost.load += weightLoad(channels);
        cost.transfers += weightTransfers();
        cost.moved_bytes += bytes;
        if (external.weights) {
            cost.l3_load += l3Cycles(bytes);
            cost.l3_bytes += bytes;
        }
    }
    const std::int64_t bytes = outputBytes(tile.outputPixels(), channels);
    cost.store = outputStore(tile.row, tile.column, channels);
    cost.transfers += 1;
    cost.moved_bytes += bytes;
    if (external.output) {
        cost.l3_store = l3Cycles(bytes);
        cost.l3_bytes += bytes;
    }
    return cost;
}

double TileCost::exposed(const Tile& tile, const Cycles& cost, bool double_buffered) const
{
    const double load = cost.load + cost.l3_load;
    const double store = cost.store + cost.l3_store;
    if (!double_buffered)
        return load + tile.compute + store;
    const double l1 = (tile.first() ? 0 : cost.load) + (tile.last() ? 0 : cost.store);
    const double l3 = (tile.first() ? 0 : cost.l3_load) + (tile.last() ? 0 : cost.l3_store);
    return (tile.first() ? load : 0) + std::max({tile.compute, l1, l3}) + (tile.last() ? store : 0);
}

void TileCost::add(Tiling& tiling, const Tile& tile) const
{
    const Cycles cost = cycles(tile, tiling.map_outer);
    const double count = tile.count();
    tiling.compute_cycles += count * tile.compute;
    tiling.transfer_cycles += count * (cost.load + cost.store);
    tiling.l3_cycles += count * (cost.l3_load + cost.l3_store);
    tiling.overhead_cycles += count * cost.transfers * m_profile.dma.program_cycles;
    tiling.latency_cycles += count * exposed(tile, cost, tiling.double_buffered);
    tiling.moved_bytes += std::int64_t(count) * cost.moved_bytes;
    tiling.l3_bytes += std::int64_t(count) * cost.l3_bytes;
}

Tiling TileCost::tiling(bool double_buffered, bool map_outer)
{
    Tiling tiling;
    tiling.rows = m_rows->full().size;
    tiling.columns = m_columns->full().size;
    tiling.channels = m_channels->full().size;
    tiling.map_outer = map_outer;
    tiling.double_buffered = double_buffered;
    tiling.tiles = tiles();
    tiling.l1_bytes = bytes(double_buffered).l1;
    tiling.overhead_cycles =
        m_profile.overhead.layer_cycles + tiling.tiles * m_profile.overhead.tile_cycles;
    mapCompute();
    auto whole_channels = m_map_kernels.begin();
    for (const TileClass& row : m_rows->classes())
        for (const TileClass& column : m_columns->classes()) {
            const double all = *whole_channels++;
            double full = all;
            if (m_channels->tiles > 1)
                full = kernelOn(row, column, m_channels->full().size);
            for (const TileClass& channel : m_channels->classes()) {
                const bool same = channel.size == m_channels->full().size;
                add(tiling,
                    {row, column, channel, same ? full : kernelOn(row, column, channel.size)});
            }
        }
    if (tiling.tiles == 1 && m_problem.whole_call_cycles) {
        tiling.latency_cycles += *m_problem.whole_call_cycles - tiling.compute_cycles;
        tiling.compute_cycles = *m_problem.whole_call_cycles;
    }
    tiling.latency_cycles += tiling.overhead_cycles;
    return tiling;
}

} // namespace bitdial
