// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/tiler.h"

#include "core/hardware/kernel_dialect.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bitdial {

namespace {

/// Cycles of one tile, by the engine that spends them.
struct TileCost {
    double compute = 0;
    double load = 0;
    double store = 0;
    double l3_load = 0;
    double l3_store = 0;
    int transfers = 0;
};

/// A range of one dimension's tiles that cost the same: the first, those between, the last.
struct TileClass {
    int begin = 0; ///< first output row or channel
    int size = 0;
    int count = 0; ///< tiles like this one
    bool first = false;
    bool last = false;
};

std::vector<TileClass> tileClasses(int length, int tile)
{
    const int tiles = (length + tile - 1) / tile;
    if (tiles == 1)
        return {{0, length, 1, true, true}};
    std::vector<TileClass> classes = {{0, tile, 1, true, false}};
    if (tiles > 2)
        classes.push_back({tile, tile, tiles - 2, false, false});
    classes.push_back({(tiles - 1) * tile, length - (tiles - 1) * tile, 1, false, true});
    return classes;
}

/// Sizes of a full tile and the order of the loops over tiles.
struct CutShape {
    int rows = 0;
    int columns = 0;
    int channels = 0;
    bool map_outer = false;
    bool double_buffered = false;
};

/// One tile: what stands for all tiles of the same three classes.
struct Tile {
    const TileClass& r; ///< rows
    const TileClass& x; ///< columns
    const TileClass& c; ///< channels
    bool firstOfMap() const { return r.first && x.first; }
    bool first() const { return firstOfMap() && c.first; }
    bool last() const { return r.last && x.last && c.last; }
    double count() const { return double(r.count) * x.count * c.count; }
};

/// One way to cut a layer.
class Cut {
public:
    Cut(const KernelWork& work, Strides strides, const KernelModel& kernel,
        const HardwareProfile::Fields& profile, ExternalData external)
        : m_work(work),
          m_strides(strides),
          m_kernel(kernel),
          m_profile(profile),
          m_external(external)
    {
    }

    void shape(const CutShape& shape)
    {
        m_shape = shape;
        m_rows = tileClasses(m_work.out_height, shape.rows);
        m_columns = tileClasses(m_work.out_width, shape.columns);
        m_channels = tileClasses(m_work.out_channels, shape.channels);
        m_map_tiles = tileCount(m_rows) * tileCount(m_columns);
        m_channel_tiles = tileCount(m_channels);
    }

    int tiles() const { return m_map_tiles * m_channel_tiles; }

    bool fits() const { return l1Bytes() <= m_profile.l1.usableBytes(); }

    Tiling evaluate() const
    {
        Tiling tiling;
        tiling.rows = m_shape.rows;
        tiling.columns = m_shape.columns;
        tiling.channels = m_shape.channels;
        tiling.map_outer = m_shape.map_outer;
        tiling.double_buffered = m_shape.double_buffered;
        tiling.tiles = tiles();
        tiling.l1_bytes = l1Bytes();
        addCycles(tiling);
        return tiling;
    }

private:
    static int tileCount(const std::vector<TileClass>& classes)
    {
        int count = 0;
        for (const TileClass& one : classes)
            count += one.count;
        return count;
    }

    bool hasWeights() const { return m_work.bits.weight != 0; }
    bool isDepthwise() const { return m_work.kind == LayerKind::DepthwiseConv; }
    /// A tile of output channels reads those input channels only.
    bool channelWise() const { return !hasWeights() || isDepthwise(); }
    bool sharesInput() const { return !channelWise(); }
    int operands() const { return m_work.kind == LayerKind::Add ? 2 : 1; }

    int inputChannels(const TileClass& c) const
    {
        return channelWise() ? c.size : m_work.in_channels;
    }

    int inputRows(const TileClass& r) const
    {
        const int begin = r.begin * m_strides.y - m_work.padding.top;
        const int end = begin + (r.size - 1) * m_strides.y + m_work.kernel_height;
        return std::max(1, std::min(end, m_work.in_height) - std::max(begin, 0));
    }

    int inputColumns(const TileClass& x) const
    {
        const int begin = x.begin * m_strides.x - m_work.padding.left;
        const int end = begin + (x.size - 1) * m_strides.x + m_work.kernel_width;
        return std::max(1, std::min(end, m_work.in_width) - std::max(begin, 0));
    }

    double inputBytes(const Tile& tile) const
    {
        return double(packedBytes(std::int64_t(inputRows(tile.r)) * inputColumns(tile.x) *
                                      inputChannels(tile.c),
                                  m_work.bits.in));
    }

    double outputBytes(const Tile& tile) const
    {
        return double(
            packedBytes(std::int64_t(tile.r.size) * tile.x.size * tile.c.size, m_work.bits.out));
    }

    /// Lines of a 2D transfer of part of a map: pixels when channels are left out, rows when
    /// columns are, otherwise one.
    double lines(int rows, int columns, bool all_columns, bool all_channels) const
    {
        if (!all_channels)
            return double(rows) * columns;
        return all_columns ? 1 : rows;
    }

    double filterBytes(const TileClass& c) const
    {
        const std::int64_t taps = std::int64_t(m_work.kernel_height) * m_work.kernel_width;
        return double(packedBytes(c.size * taps * (isDepthwise() ? 1 : m_work.in_channels),
                                  m_work.bits.weight));
    }

    double requantBytes(const TileClass& c) const
    {
        return double(c.size) * requantBytesPerChannel(m_work.bits);
    }

    double weightBytes(const TileClass& c) const
    {
        return hasWeights() ? filterBytes(c) + requantBytes(c) : 0;
    }

    bool loadsInput(const Tile& tile) const
    {
        if (!sharesInput())
            return true;
        return m_shape.map_outer ? tile.c.first : m_map_tiles > 1 || tile.first();
    }

    bool loadsWeights(const Tile& tile) const
    {
        if (!hasWeights())
            return false;
        return tile.firstOfMap() || (m_shape.map_outer && m_channel_tiles > 1);
    }

    std::int64_t scratchBytes(int input_rows) const
    {
        const std::int64_t taps = std::int64_t(m_work.kernel_height) * m_work.kernel_width;
        if (m_work.kind == LayerKind::Conv)
            return packedBytes(std::int64_t(2) * m_profile.cores * taps * m_work.in_channels,
                               m_profile.im2col_packed ? m_work.bits.in : 8);
        if (!isDepthwise())
            return 0;
        const std::int64_t group = depthwiseGroup(m_work.bits);
        const int rows = input_rows + m_work.padding.top + m_work.padding.bottom;
        // The kernel stores whole words: 4 bytes of slack for each core's buffer.
        const std::int64_t columns =
            m_profile.cores *
            (group * (std::int64_t(m_work.kernel_width) * rows + m_work.kernel_width) + 4);
        return columns + (m_work.bits.weight < 8 ? m_profile.cores * group * taps : 0);
    }

    std::int64_t l1Bytes() const
    {
        const int buffers = m_shape.double_buffered ? 2 : 1;
        const bool many = tiles() > 1;
        double input = 0;
        int rows = 0;
        for (const TileClass& r : m_rows)
            for (const TileClass& x : m_columns) {
                input = std::max(input, inputBytes({r, x, m_channels.front()}) * operands());
                rows = std::max(rows, inputRows(r));
            }
        const bool input_changes = sharesInput() ? m_map_tiles > 1 : many;
        const Tile full{m_rows.front(), m_columns.front(), m_channels.front()};
        const double total = input * (input_changes ? buffers : 1) +
                             weightBytes(full.c) * (m_channel_tiles > 1 ? buffers : 1) +
                             outputBytes(full) * (many ? buffers : 1);
        return std::int64_t(total) + scratchBytes(rows);
    }

    double computeCycles(const Tile& tile) const
    {
        KernelWork work = m_work;
        work.in_channels = inputChannels(tile.c);
        work.in_height = inputRows(tile.r);
        work.in_width = inputColumns(tile.x);
        work.out_height = tile.r.size;
        work.out_width = tile.x.size;
        work.out_channels = tile.c.size;
        work.padding.top = tile.r.first ? m_work.padding.top : 0;
        work.padding.bottom = tile.r.last ? m_work.padding.bottom : 0;
        work.padding.left = tile.x.first ? m_work.padding.left : 0;
        work.padding.right = tile.x.last ? m_work.padding.right : 0;
        return kernelCycles(m_kernel, work, m_profile.cores);
    }

    double l3Cycles(double bytes) const
    {
        return m_profile.l3.latency_cycles + bytes / m_profile.l3.bandwidth_bytes_per_cycle;
    }

    void addInputLoad(TileCost& cost, const Tile& tile) const
    {
        const double bytes = inputBytes(tile);
        const int columns = inputColumns(tile.x);
        const double count = lines(inputRows(tile.r), columns, columns == m_work.in_width,
                                   !channelWise() || tile.c.size == m_work.out_channels);
        const double cycles = isDepthwise() ? m_profile.dma.setup_cycles +
                                                  bytes * m_profile.dma.gather_cycles_per_byte
                                            : dmaCycles(m_profile.dma, bytes / count, count, false);
        cost.load += cycles * operands();
        cost.transfers += operands();
        cost.l3_load += m_external.inputs * l3Cycles(bytes);
    }

    void addWeightLoad(TileCost& cost, const TileClass& c) const
    {
        cost.load += dmaCycles(m_profile.dma, filterBytes(c), 1, false);
        cost.transfers += 1;
        // kappa and lambda are two arrays, the bias of a 32-bit linear is one.
        const int arrays = m_work.bits.out == 32 ? 1 : 2;
        cost.load += arrays * dmaCycles(m_profile.dma, requantBytes(c) / arrays, 1, false);
        cost.transfers += arrays;
        if (m_external.weights)
            cost.l3_load += l3Cycles(weightBytes(c));
    }

    TileCost tileCost(const Tile& tile) const
    {
        TileCost cost;
        cost.compute = computeCycles(tile);
        if (loadsInput(tile))
            addInputLoad(cost, tile);
        if (loadsWeights(tile))
            addWeightLoad(cost, tile.c);
        const double bytes = outputBytes(tile);
        const double count = lines(tile.r.size, tile.x.size, tile.x.size == m_work.out_width,
                                   tile.c.size == m_work.out_channels);
        cost.store = dmaCycles(m_profile.dma, bytes / count, count, true);
        cost.transfers += 1;
        cost.l3_store = m_external.output ? l3Cycles(bytes) : 0;
        return cost;
    }

    /// What one tile adds to the latency. While a tile computes, another one's data come and go;
    /// the first tile's load and the last one's store have nothing to hide behind.
    double exposedCycles(const Tile& tile, const TileCost& cost) const
    {
        const double load = cost.load + cost.l3_load;
        const double store = cost.store + cost.l3_store;
        if (!m_shape.double_buffered)
            return load + cost.compute + store;
        const double l1 = (tile.first() ? 0 : cost.load) + (tile.last() ? 0 : cost.store);
        const double l3 = (tile.first() ? 0 : cost.l3_load) + (tile.last() ? 0 : cost.l3_store);
        return (tile.first() ? load : 0) + std::max({cost.compute, l1, l3}) +
               (tile.last() ? store : 0);
    }

    void addCycles(Tiling& tiling) const
    {
        tiling.overhead_cycles =
            m_profile.overhead.layer_cycles + tiling.tiles * m_profile.overhead.tile_cycles;
        for (const TileClass& r : m_rows)
            for (const TileClass& x : m_columns)
                for (const TileClass& c : m_channels) {
                    const Tile tile{r, x, c};
                    const TileCost cost = tileCost(tile);
                    const double count = tile.count();
                    tiling.compute_cycles += count * cost.compute;
                    tiling.transfer_cycles += count * (cost.load + cost.store);
                    tiling.l3_cycles += count * (cost.l3_load + cost.l3_store);
                    tiling.overhead_cycles += count * cost.transfers * m_profile.dma.program_cycles;
                    tiling.latency_cycles += count * exposedCycles(tile, cost);
                }
        tiling.latency_cycles += tiling.overhead_cycles;
    }

    const KernelWork& m_work;
    Strides m_strides;
    const KernelModel& m_kernel;
    const HardwareProfile::Fields& m_profile;
    ExternalData m_external;
    std::vector<TileClass> m_rows;
    std::vector<TileClass> m_columns;
    std::vector<TileClass> m_channels;
    CutShape m_shape;
    int m_map_tiles = 1;
    int m_channel_tiles = 1;
};

/// Distinct tile sizes that are multiples of `unit`, largest first.
std::vector<int> tileSizes(int length, int unit)
{
    const int units = (length + unit - 1) / unit;
    std::vector<int> sizes;
    for (int tiles = 1; tiles <= units; ++tiles) {
        const int size = std::min(length, (units + tiles - 1) / tiles * unit);
        if (sizes.empty() || sizes.back() != size)
            sizes.push_back(size);
    }
    return sizes;
}

std::vector<int> channelSizes(const KernelWork& work, int cores)
{
    if (work.kind == LayerKind::Add)
        return {work.out_channels};
    const bool quantized_linear = work.kind == LayerKind::Linear && work.bits.out != 32;
    return tileSizes(work.out_channels, quantized_linear ? 2 * cores : 8);
}

/// Kernels split rows over the cores: whole multiples of them, and fewer where those do not fit.
std::vector<int> rowSizes(const KernelWork& work, int cores)
{
    std::vector<int> sizes = tileSizes(work.out_height, cores);
    for (const int fewer : tileSizes(std::min(work.out_height, cores), 1))
        if (fewer < sizes.back())
            sizes.push_back(fewer);
    return sizes;
}

/// Pixels go in pairs. Adds are cut by rows only: more would not help them.
std::vector<int> columnSizes(const KernelWork& work)
{
    if (work.kind == LayerKind::Add || work.out_width == 1)
        return {work.out_width};
    std::vector<int> sizes = tileSizes(work.out_width, 2);
    if (sizes.back() > 1)
        sizes.push_back(1);
    return sizes;
}

/// Keeps the better of two tilings.
void keepBetter(std::optional<Tiling>& best, const Tiling& tiling)
{
    if (!best || tiling.latency_cycles < best->latency_cycles)
        best = tiling;
}

/// Evaluates the largest channel tiles that fit at one map tile; smaller ones only add tiles.
void tryChannelSizes(std::optional<Tiling>& best, Cut& cut, CutShape shape,
                     const std::vector<int>& channel_sizes)
{
    constexpr int most_tried = 3;
    int tried = 0;
    for (const int channels : channel_sizes) {
        shape.channels = channels;
        shape.map_outer = false;
        cut.shape(shape);
        if (!cut.fits())
            continue;
        keepBetter(best, cut.evaluate());
        shape.map_outer = true;
        cut.shape(shape);
        keepBetter(best, cut.evaluate());
        if (++tried == most_tried || cut.tiles() == 1)
            return;
    }
}

} // namespace

double dmaCycles(const DmaModel& dma, double line_bytes, double lines, bool store)
{
    double words = line_bytes / dma.bandwidth_bytes_per_cycle;
    double bursts = line_bytes / dma.store_burst_bytes;
    if (store && lines > 1) {
        // Stores end each line with a whole word and at least one burst.
        words = std::ceil(words);
        bursts = std::max(1.0, bursts);
    }
    const double line = std::max(dma.line_min_cycles, words);
    return dma.setup_cycles + lines * (line + (store ? bursts * dma.store_burst_cycles : 0));
}

std::optional<Tiling> bestTiling(const KernelWork& work, Strides strides, const KernelModel& kernel,
                                 const HardwareProfile::Fields& profile, ExternalData external)
{
    std::optional<Tiling> best;
    Cut cut(work, strides, kernel, profile, external);
    const std::vector<int> channel_sizes = channelSizes(work, profile.cores);
    for (const int rows : rowSizes(work, profile.cores))
        for (const int columns : columnSizes(work))
            for (const bool double_buffered : {false, true})
                tryChannelSizes(best, cut, {rows, columns, 0, false, double_buffered},
                                channel_sizes);
    return best;
}

} // namespace bitdial
