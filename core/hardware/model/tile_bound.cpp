// SPDX-License-Identifier: Apache-2.0
// What a tiling costs at least, without looking at its tiles one by one.
#include "core/hardware/model/tile_cost.h"

#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>

namespace bitdial {

namespace {

/// A part away from the map's borders, as far as the kernels see it.
constexpr TileClass inner(int size)
{
    return {size, size, 1, false, false};
}

} // namespace

/// What the whole layer moves between L2 and L1: number of loads and bytes, repeated ones included.
struct TileCost::Loads {
    double input = 0;
    double weights = 0;
    double stores = 0;
    double input_bytes = 0; ///< of one operand
    double weight_bytes = 0;
    double output_bytes = 0;
};

struct TileCost::Exposed {
    double l1 = 0;
    double l3 = 0;
};

double TileCost::leastCompute(const DimensionCut& rows, const DimensionCut& whole_width) const
{
    double sum = 0;
    for (const TileClass& row : rows.classes()) {
        double least = kernelOn(row, whole_width.full(), m_work.out_channels);
        // Cores that share rows in halves may each be left with an odd pixel, which tiles of four
        // columns have not: what four more columns cost, then, is the least.
        if (m_work.out_width % 4 != 0)
            least = std::min(least, m_work.out_width / 4.0 *
                                        (kernelOn(row, inner(8), m_work.out_channels) -
                                         kernelOn(row, inner(4), m_work.out_channels)));
        sum += row.count * least;
    }
    return sum * m_narrow_gain;
}

double TileCost::narrowGain(const DimensionCut& whole_height, const DimensionCut& whole_width) const
{
    const int channels = m_work.out_channels;
    // A row for each core: then the kernels do not cut rows in halves by themselves.
    const TileClass rows = inner(m_profile.cores);
    const double odd = 2 * kernelOn(rows, inner(1), channels) / kernelOn(rows, inner(2), channels);
    const TileClass& height = whole_height.full();
    const double halved = m_work.out_width * kernelOn(height, inner(1), channels) /
                          kernelOn(height, whole_width.full(), channels);
    return std::min({1.0, odd, halved});
}

TileCost::Loads TileCost::loads(bool map_outer) const
{
    Loads loads;
    const int parts = m_channels->tiles;
    const int channels = m_work.out_channels;
    if (channelWise() || (!map_outer && m_map_tiles > 1))
        loads.input = tiles();
    else
        loads.input = map_outer ? m_map_tiles : 1;
    const std::int64_t pixels = std::int64_t(m_rows->input_total) * m_columns->input_total;
    loads.input_bytes = double(inputBytes(pixels, channels));
    if (!channelWise())
        loads.input_bytes *= loads.input / m_map_tiles;
    if (m_has_weights) {
        loads.weights = map_outer && parts > 1 ? tiles() : parts;
        loads.weight_bytes = double(parameterBytes(channels)) * loads.weights / parts;
    }
    loads.stores = tiles();
    loads.output_bytes =
        double(outputBytes(std::int64_t(m_work.out_height) * m_work.out_width, channels));
    return loads;
}

double TileCost::l3Cycles(const Loads& loads) const
{
    const ExternalData& external = m_problem.external;
    if (!external.any())
        return 0;
    const ExternalMemory& l3 = m_profile.l3;
    double transfers = loads.input * external.inputs;
    double cycles = loads.input_bytes * external.inputs / l3.bandwidth_bytes_per_cycle;
    if (external.weights) {
        transfers += loads.weights;
        cycles += loads.weight_bytes / l3.bandwidth_bytes_per_cycle;
    }
    if (external.output) {
        transfers += loads.stores;
        cycles += loads.output_bytes / l3.write_bandwidth_bytes_per_cycle;
    }
    return transfers * l3.latency_cycles + cycles;
}

TileCost::Exposed TileCost::exposedEnds() const
{
    const ExternalData& external = m_problem.external;
    const EndTile first = firstTile();
    const EndTile last = lastTile();
    Exposed ends;
    ends.l1 = tileLoad(first) + outputStore(last.row, last.column, last.channels);
    if (external.inputs > 0)
        ends.l3 += external.inputs * inputFetch(first.row, first.column, first.channels);
    if (external.weights)
        ends.l3 += parameterFetch(first.channels);
    if (external.output)
        ends.l3 +=
            l3Write(outputBytes(std::int64_t(last.row.size) * last.column.size, last.channels),
                    outputLines(last.row, last.column, last.channels),
                    outputCommands(last.row, last.column, last.channels));
    return ends;
}

LatencyBound TileCost::bound(bool double_buffered, bool map_outer) const
{
    const DmaModel& dma = m_profile.dma;
    const Loads moved = loads(map_outer);
    const double transfers = moved.input * m_operands + moved.weights + moved.stores;
    const double overhead = m_profile.overhead.layer_cycles +
                            moved.stores * m_profile.overhead.tile_cycles +
                            transfers * dma.program_cycles;
    const double input_cycles = moved.input_bytes * m_operands / dma.bandwidth_bytes_per_cycle;
    const double l1 = transfers * dma.setup_cycles + input_cycles +
                      (moved.weight_bytes + moved.output_bytes) / dma.bandwidth_bytes_per_cycle;
    const double l3 = l3Cycles(moved);
    if (!double_buffered)
        return {overhead + l1 + l3, 0};
    const Exposed ends = exposedEnds();
    return {overhead + ends.l1 + ends.l3, overhead + std::max(l1 + ends.l3, l3 + ends.l1)};
}

} // namespace bitdial
