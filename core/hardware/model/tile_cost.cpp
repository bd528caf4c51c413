// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/tile_cost.h"

#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bitdial {

namespace {

/// Of one request of an exported program, at most: deployment/templates/transfers.h.
constexpr std::int64_t l3_request_bytes = 32768;

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
    double transfers = 0; ///< commands
    double requests = 0;  ///< of L3
    std::int64_t moved_bytes = 0;
    std::int64_t l3_bytes = 0;
};

TileCost::TileCost(const TilingProblem& problem, const DimensionCut& whole_height,
                   const DimensionCut& whole_width)
    : m_problem(problem),
      m_work(problem.work),
      m_profile(problem.profile),
      m_has_weights(m_work.bits.weight != 0),
      m_depthwise(m_work.kind == LayerKind::DepthwiseConv),
      m_library(!m_problem.kernel.array && m_profile.dialect == KernelDialect::PulpNn),
      m_planes(m_depthwise && m_library),
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
    const bool empty = m_library && (rows.has_empty || columns.has_empty);
    m_stored_columns = empty || (m_library && columns.needs_border);
    m_stored_rows = empty || (m_stored_columns && m_work.kind == LayerKind::MaxPool);
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

std::int64_t TileCost::parameterBytes(int channels) const
{
    return m_has_weights ? wholeWords(filterBytes(channels)) +
                               std::int64_t(channels) * requantBytesPerChannel(m_work.bits)
                         : 0;
}

std::int64_t TileCost::scratchBytes() const
{
    if (!m_library)
        return 0; // only the cores' kernels unpack into buffers
    if (m_work.kind == LayerKind::Conv)
        return packedBytes(std::int64_t(2) * m_profile.cores * m_taps * m_work.in_channels,
                           m_profile.im2col_packed ? std::max(m_work.bits.in, m_work.bits.weight)
                                                   : 8);
    if (linearGoesByAccumulators(m_work.kind, m_work.bits, m_profile.im2col_packed))
        return std::int64_t(4) * (m_channels->full().size + 1);
    if (!m_depthwise)
        return 0;
    const std::int64_t group = depthwiseGroup(m_work.bits);
    const std::int64_t column =
        std::int64_t(m_work.kernel_width) * m_rows->largest_window + m_work.kernel_width;
    // The kernel stores whole words.
    return m_profile.cores * group * column + word_bytes;
}

std::int64_t TileCost::weightScratchBytes() const
{
    const bool unpacks = m_planes && m_work.bits.weight < 8;
    return unpacks ? std::int64_t(m_profile.cores) * depthwiseGroup(m_work.bits) * m_taps : 0;
}

L1Buffers TileCost::buffers(bool double_buffered) const
{
    const int buffers = double_buffered ? 2 : 1;
    const bool many = tiles() > 1;
    const int channels = m_channels->full().size;
    const bool input_changes = channelWise() ? many : m_map_tiles > 1;
    L1Buffers l1;
    l1.operands = m_operands;
    // A tile that is spread leaves its place to the next one before its kernel begins.
    l1.input = {wholeWords(inputBytes(m_largest_input, channels)),
                input_changes && !spreads() ? buffers : 1};
    if (spreads()) {
        const int rows = m_stored_rows ? m_rows->largest_window : m_rows->largest_input;
        int columns = m_stored_columns ? m_columns->largest_window : m_columns->largest_input;
        if (m_planes)
            columns = planeColumns(columns);
        l1.spread.bytes = wholeWords(inputBytes(std::int64_t(rows) * columns, channels));
    }
    l1.parameters = {parameterBytes(channels), m_channels->tiles > 1 ? buffers : 1};
    // The library's linear kernel computes neurons in pairs, counted in a full part of a core:
    // where the last core's part is shorter, it can write one result behind the tile's.
    const int behind = m_library && m_work.bits.out == 32 ? 1 : 0;
    const std::int64_t pixels = std::int64_t(m_rows->full().size) * m_columns->full().size;
    l1.output = {wholeWords(packedBytes(pixels * channels + behind, m_work.bits.out)),
                 many ? buffers : 1};
    l1.scratch.bytes = wholeWords(scratchBytes());
    l1.weight_scratch.bytes = wholeWords(weightScratchBytes());
    if (m_library) {
        l1.table = residentTableBytes(shapes(), tiles());
        l1.slack = l1_slack_bytes;
    }
    return l1;
}

std::int64_t TileCost::streamedBytes(const L1Buffers& l1, bool double_buffered) const
{
    const ExternalData& external = m_problem.external;
    const bool changes = channelWise() ? tiles() > 1 : m_map_tiles > 1;
    const std::int64_t input = l1.input.bytes * (changes && double_buffered ? 2 : 1);
    return input * external.inputs + (external.weights ? l1.parameters.all() : 0) +
           (external.output ? l1.output.all() : 0);
}

bool TileCost::fits(bool double_buffered) const
{
    const L1Buffers needed = buffers(double_buffered);
    const std::int64_t kept = m_library ? next_table_bytes : 0;
    return needed.bytes() + kept <= m_profile.l1.usableBytes() &&
           streamedBytes(needed, double_buffered) <= streamingBytes(m_profile);
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

double TileCost::l3Read(std::int64_t bytes, double lines, double requests) const
{
    const ExternalMemory& l3 = m_profile.l3;
    return requests * l3.latency_cycles + double(bytes) / l3.bandwidth_bytes_per_cycle +
           (lines > 1 ? lines * l3.line_cycles : 0);
}

double TileCost::l3Write(std::int64_t bytes, double lines, double requests) const
{
    const ExternalMemory& l3 = m_profile.l3;
    return requests * l3.latency_cycles + double(bytes) / l3.write_bandwidth_bytes_per_cycle +
           (lines > 1 ? lines * l3.line_cycles : 0);
}

double TileCost::inputLines(const TileClass& row, const TileClass& column, int channels) const
{
    return transferLines(row.in_size, column.in_size, column.in_size == m_work.in_width,
                         !channelWise() || channels == m_work.out_channels);
}

double TileCost::outputLines(const TileClass& row, const TileClass& column, int channels) const
{
    return transferLines(row.size, column.size, column.size == m_work.out_width,
                         channels == m_work.out_channels);
}

double TileCost::inputLoad(const TileClass& row, const TileClass& column, int channels) const
{
    const double bytes = double(inputBytes(std::int64_t(row.in_size) * column.in_size, channels));
    const double lines = inputLines(row, column, channels);
    return dmaCycles(m_profile.dma, bytes / lines, lines, false);
}

double TileCost::weightLoad(int channels) const
{
    return dmaCycles(m_profile.dma, double(parameterBytes(channels)), 1, false);
}

double TileCost::tileLoad(const EndTile& tile) const
{
    return m_operands * inputLoad(tile.row, tile.column, tile.channels) +
           (m_has_weights ? weightLoad(tile.channels) : 0);
}

double TileCost::inputFetch(const TileClass& row, const TileClass& column, int channels) const
{
    return l3Read(inputBytes(std::int64_t(row.in_size) * column.in_size, channels),
                  inputLines(row, column, channels), inputCommands(row, column, channels));
}

double TileCost::parameterFetch(int channels) const
{
    // Further requests of a block are long enough to hide their latency behind the one before.
    return l3Read(parameterBytes(channels), 1, 1);
}

double TileCost::inputCommands(const TileClass& row, const TileClass& column, int channels) const
{
    const bool cut = channelWise() && channels != m_work.out_channels;
    return cut && column.in_size != m_work.in_width ? row.in_size : 1;
}

double TileCost::outputCommands(const TileClass& row, const TileClass& column, int channels) const
{
    const bool cut = channels != m_work.out_channels;
    return cut && column.size != m_work.out_width ? row.size : 1;
}

void TileCost::addSpread(ProgramWork& work, double count, const TileClass& row,
                         const TileClass& column, int channels) const
{
    if (!spreads())
        return;
    const auto pixel = int(inputBytes(1, channels));
    const int rows = m_stored_rows ? m_rows->largest_window : row.in_size;
    const int columns = m_stored_columns ? m_columns->largest_window : column.in_size;
    work.spreads += count;
    if (!m_planes) { // one core
        work.spread_lines += count * rows;
        work.spread_bytes += count * rows * columns * pixel;
        return;
    }
    // Words of four planes, each in so many parts that the cores get equally many; or planes.
    const bool shifted = m_stored_columns && m_work.padding.left > 0 && column.first;
    const bool words = pixel % word_bytes == 0 && !m_stored_rows && !shifted;
    const int units = words ? pixel / word_bytes : pixel;
    const int parts = words ? m_profile.cores / std::gcd(units, m_profile.cores) : 1;
    const double share = std::ceil(double(units) * parts / m_profile.cores);
    const double lines = share * std::ceil(double(rows) / parts);
    work.spread_lines += count * lines;
    (words ? work.spread_word_bytes : work.spread_bytes) +=
        count * lines * columns * (words ? word_bytes : 1);
}

double TileCost::outputStore(const TileClass& row, const TileClass& column, int channels) const
{
    const double lines = outputLines(row, column, channels);
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
        cost.load = m_operands * inputLoad(tile.row, tile.column, channels);
        cost.transfers += m_operands * inputCommands(tile.row, tile.column, channels);
        cost.moved_bytes += bytes * m_operands;
        cost.l3_bytes += bytes * external.inputs;
        if (external.inputs > 0) {
            cost.l3_load += external.inputs * inputFetch(tile.row, tile.column, channels);
            cost.requests += external.inputs * inputCommands(tile.row, tile.column, channels);
        }
    }
    if (loadsWeights(tile, map_outer)) {
        const std::int64_t bytes = parameterBytes(channels);
        cost.load += weightLoad(channels);
        cost.transfers += 1;
        cost.moved_bytes += bytes;
        if (external.weights) {
            cost.l3_load += parameterFetch(channels);
            cost.requests += std::ceil(double(bytes) / l3_request_bytes);
            cost.l3_bytes += bytes;
        }
    }
    const std::int64_t bytes = outputBytes(tile.outputPixels(), channels);
    cost.store = outputStore(tile.row, tile.column, channels);
    cost.transfers += outputCommands(tile.row, tile.column, channels);
    cost.moved_bytes += bytes;
    if (external.output) {
        const double requests = outputCommands(tile.row, tile.column, channels);
        cost.l3_store = l3Write(bytes, outputLines(tile.row, tile.column, channels), requests);
        cost.requests += requests;
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
    tiling.work.tiles += count;
    tiling.work.transfers += count * cost.transfers;
    tiling.work.requests += count * cost.requests;
    addSpread(tiling.work, count, tile.row, tile.column, tile.channel.size);
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
    tiling.library = m_library;
    tiling.stored_rows = m_stored_rows;
    tiling.stored_columns = m_stored_columns;
    tiling.tiles = tiles();
    tiling.map_tiles = m_map_tiles;
    tiling.l1 = buffers(double_buffered);
    tiling.shapes = shapes();
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
    tiling.work.kernel_cycles = tiling.compute_cycles;
    tiling.overhead_cycles = programCycles(m_profile, tiling.work);
    tiling.latency_cycles += tiling.overhead_cycles;
    if (double_buffered && m_problem.external.any())
        tiling.latency_cycles += lateCycles(map_outer);
    setEnds(tiling);
    return tiling;
}

double TileCost::lateCycles(bool map_outer) const
{
    const ExternalData& external = m_problem.external;
    const auto second = [](const DimensionCut& cut, bool moves) -> const TileClass& {
        return cut.storage[moves && cut.used > 1 ? 1 : 0];
    };
    const bool next_channels = m_channels->tiles > 1 && (map_outer || m_map_tiles == 1);
    const TileClass& column = second(*m_columns, !next_channels);
    const TileClass& row = second(*m_rows, !next_channels && m_columns->tiles == 1);
    const int channels = second(*m_channels, next_channels).size;
    double load = 0;
    double fetch = 0;
    if (channelWise() || !next_channels) {
        load += m_operands * inputLoad(row, column, channels);
        fetch += external.inputs * inputFetch(row, column, channels);
    }
    if (m_has_weights && next_channels) {
        load += weightLoad(channels);
        if (external.weights)
            fetch += parameterFetch(channels);
    }
    if (tiles() < 3)
        return load;
    // Kernels hide the fetch of the tile after the next one. The third tile's has the first kernel
    // to hide behind, after the second one's, only where each is one request of parameters;
    // otherwise nothing. The last two kernels hide none.
    const EndTile first = firstTile();
    const double kernel = kernelOn(first.row, first.column, first.channels);
    const double first_load = tileLoad(first);
    const bool behind = external.inputs == 0 && parameterBytes(channels) <= l3_request_bytes;
    const double wait = behind ? 2 * fetch - kernel - first_load : fetch;
    return load + std::max(0.0, std::min(kernel - first_load, wait) - load);
}

void TileCost::setEnds(Tiling& tiling) const
{
    const EndTile first = firstTile();
    const EndTile last = lastTile();
    tiling.first_input_cycles = inputLoad(first.row, first.column, first.channels);
    tiling.input_commands = inputCommands(first.row, first.column, first.channels);
    if (m_has_weights) {
        tiling.first_parameters_cycles = weightLoad(first.channels);
        tiling.parameters_commands = 1;
    }
    tiling.last_store_cycles = outputStore(last.row, last.column, last.channels);
    tiling.store_commands = outputCommands(last.row, last.column, last.channels);
    tiling.last_kernel_cycles =
        tiling.tiles == 1 ? tiling.compute_cycles : kernelOn(last.row, last.column, last.channels);
}

} // namespace bitdial
