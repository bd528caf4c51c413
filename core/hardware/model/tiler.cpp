// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/tiler.h"

#include "core/hardware/model/tile_cost.h"

namespace bitdial {

namespace {

/// Finds the cut with the least latency: all cuts that fit, largest tiles first, leaving out those
/// whose lower bound is not below the best so far.
class Search {
public:
    explicit Search(const TilingProblem& problem)
        : m_problem(problem),
          m_rows(rowCuts(problem.work, problem.strides, problem.profile.cores)),
          m_columns(columnCuts(problem.work, problem.strides, problem.profile.dialect)),
          m_channels(channelCuts(problem.work, problem.profile.cores, problem.profile.dialect)),
          m_cost(problem, m_rows.front(), m_columns.front())
    {
    }

    std::optional<Tiling> run()
    {
        tryWhole();
        if (m_best && m_problem.whole_call_cycles)
            return m_best;
        for (const DimensionCut& rows : m_rows)
            m_row_compute.push_back(m_cost.leastCompute(rows, m_columns.front()));
        // Whole rows first: they are the best for most layers, and the rest is then soon left out.
        for (const DimensionCut& columns : m_columns)
            tryColumns(columns);
        return m_best;
    }

    std::optional<Tiling> whole()
    {
        tryWhole();
        return m_best;
    }

private:
    bool isWorse(double lower_bound) const
    {
        return m_best && lower_bound >= m_best->latency_cycles;
    }

    void tryWhole()
    {
        m_cost.setMap(m_rows.front(), m_columns.front());
        m_cost.setChannels(m_channels.front());
        if (m_cost.fits(false))
            m_best = m_cost.tiling(false, false);
    }

    /// Overheads of at least so many tiles.
    double overhead(int tiles) const
    {
        const HardwareProfile::Fields& profile = m_problem.profile;
        // Each tile stores its part, and each part of the map is loaded at least once.
        return profile.overhead.layer_cycles +
               tiles * (profile.overhead.tile_cycles + 2 * profile.dma.program_cycles);
    }

    void tryColumns(const DimensionCut& columns)
    {
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            const DimensionCut& rows = m_rows[i];
            if (isWorse(m_row_compute[i] + overhead(rows.tiles * columns.tiles)))
                continue;
            m_cost.setMap(rows, columns);
            m_cost.setChannels(m_channels.back());
            if (m_cost.fits(false))
                tryChannels(m_row_compute[i]);
        }
    }

    void tryChannels(double row_compute)
    {
        double compute = row_compute; // at the least, with the channels cut so far
        for (const DimensionCut& channels : m_channels) {
            m_cost.setChannels(channels);
            if (isWorse(compute + overhead(m_cost.tiles())))
                return;
            // With two buffers the same tiles are never slower.
            const bool double_buffered = m_cost.tiles() > 1 && m_cost.fits(true);
            if (!double_buffered && !m_cost.fits(false))
                continue;
            tryOrder(compute, double_buffered, false);
            if (m_cost.mapTiles() > 1 && channels.tiles > 1)
                tryOrder(compute, double_buffered, true);
        }
    }

    /// Raises `compute` to what it finds the kernels to take.
    void tryOrder(double& compute, bool double_buffered, bool map_outer)
    {
        const LatencyBound bound = m_cost.bound(double_buffered, map_outer);
        if (isWorse(bound.with(compute)))
            return;
        compute = std::max(compute, m_cost.mapCompute());
        if (isWorse(bound.with(compute)))
            return;
        const Tiling tiling = m_cost.tiling(double_buffered, map_outer);
        if (!m_best || tiling.latency_cycles < m_best->latency_cycles)
            m_best = tiling;
        // On cores, a convolution repeats its im2col for each part of the channels: smaller parts
        // only take longer. Others round channels up and may gain.
        if (m_problem.work.kind == LayerKind::Conv && !m_problem.kernel.array)
            compute = std::max(compute, tiling.compute_cycles);
    }

    const TilingProblem& m_problem;
    std::vector<DimensionCut> m_rows;
    std::vector<DimensionCut> m_columns;
    std::vector<DimensionCut> m_channels;
    TileCost m_cost;
    std::optional<Tiling> m_best;
    std::vector<double> m_row_compute; ///< at the least, for each cut of the rows
};

} // namespace

double spreadCycles(const HardwareProfile::Fields& profile, const ProgramWork& work)
{
    const Overheads& overhead = profile.overhead;
    return work.spreads * overhead.spread_cycles + work.spread_lines * overhead.spread_line_cycles +
           work.spread_bytes * overhead.spread_byte_cycles +
           work.spread_word_bytes * overhead.spread_word_byte_cycles;
}

double programCycles(const HardwareProfile::Fields& profile, const ProgramWork& work)
{
    return profile.overhead.layer_cycles + work.tiles * profile.overhead.tile_cycles +
           work.transfers * profile.dma.program_cycles + work.requests * profile.l3.program_cycles +
           spreadCycles(profile, work) + work.kernel_cycles * profile.overhead.kernel_fraction;
}

std::int64_t streamingBytes(const HardwareProfile::Fields& profile)
{
    // A fixed share of L2, so that neither a larger L1 nor a larger L2 leaves less for the rest.
    return profile.l2.usableBytes() / 12;
}

std::optional<Tiling> bestTiling(const TilingProblem& problem)
{
    return Search(problem).run();
}

std::optional<Tiling> wholeTiling(const TilingProblem& problem)
{
    return Search(problem).whole();
}

} // namespace bitdial
