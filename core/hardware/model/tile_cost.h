// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/tile_cuts.h"

#include <algorithm>

namespace bitdial {

/// What a latency is at least, given what the kernels take at least.
struct LatencyBound {
    double beside_compute = 0; ///< overheads and transfers that no kernel hides
    double transfers = 0;      ///< with overheads, were the kernels free
    double with(double compute_cycles) const
    {
        return std::max(beside_compute + compute_cycles, transfers);
    }
};

/// Latency and memory of one layer under different cuts. Set the map's cuts, then the channels',
/// then ask; what depends on less is computed once.
class TileCost {
public:
    /// The references must outlive it. The cuts are the rows and columns uncut.
    TileCost(const TilingProblem& problem, const DimensionCut& whole_height,
             const DimensionCut& whole_width);

    /// What the kernels take at least with these rows, however columns and channels are cut.
    double leastCompute(const DimensionCut& rows, const DimensionCut& whole_width) const;

    void setMap(const DimensionCut& rows, const DimensionCut& columns);
    int mapTiles() const { return m_map_tiles; }
    /// Cycles of the kernels with uncut channels. After setMap; computed when first asked for.
    double mapCompute();

    /// What the tiles need of L1.
    L1Buffers buffers(bool double_buffered) const;
    void setChannels(const DimensionCut& channels);
    int tiles() const { return m_map_tiles * m_channels->tiles; }
    /// Of the tiles, at most so many differ in what the exported table says of their shape.
    int shapes() const { return m_rows->shapes * m_columns->shapes * m_channels->shapes; }
    /// Whether both the usable L1 and the part of L2 that streams from L3 hold the tiles.
    bool fits(bool double_buffered) const;
    /// Bound of the latency that any account of these cuts has.
    LatencyBound bound(bool double_buffered, bool map_outer) const;
    /// The whole account.
    Tiling tiling(bool double_buffered, bool map_outer);

private:
    /// The tile that runs first or last.
    struct EndTile {
        const TileClass& row;
        const TileClass& column;
        int channels;
    };
    struct Tile;
    struct Cycles;
    struct Loads;
    struct Exposed;

    bool channelWise() const { return !m_has_weights || m_depthwise; }
    std::int64_t inputBytes(std::int64_t pixels, int channels) const;
    std::int64_t outputBytes(std::int64_t pixels, int channels) const;
    std::int64_t filterBytes(int channels) const;
    /// Whether what the DMA brings is not yet what the kernel reads: planes, or a stored border.
    bool spreads() const { return m_planes || m_stored_rows || m_stored_columns; }
    std::int64_t scratchBytes() const;
    std::int64_t weightScratchBytes() const;
    std::int64_t parameterBytes(int channels) const;
    std::int64_t streamedBytes(const L1Buffers& buffers, bool double_buffered) const;

    /// What cutting columns can save of the kernels' cycles, as a factor up to 1: an odd pixel may
    /// cost less than half a pair, and one column of rows that the cores share unevenly less than
    /// its part of the whole.
    double narrowGain(const DimensionCut& whole_height, const DimensionCut& whole_width) const;
    double kernelOn(const TileClass& row, const TileClass& column, int channels) const;
    /// Short requests, one after the other: two that are under way hide little of their latency.
    double l3Read(std::int64_t bytes, double lines, double requests) const;
    double l3Write(std::int64_t bytes, double lines, double requests) const;
    double l3Cycles(const Loads& loads) const;
    double inputLines(const TileClass& row, const TileClass& column, int channels) const;
    double outputLines(const TileClass& row, const TileClass& column, int channels) const;
    double inputLoad(const TileClass& row, const TileClass& column, int channels) const;
    double weightLoad(int channels) const;
    /// All that a tile needs from L2.
    double tileLoad(const EndTile& tile) const;
    /// From L3 to L2: of one operand, of a tile's parameters.
    double inputFetch(const TileClass& row, const TileClass& column, int channels) const;
    double parameterFetch(int channels) const;
    double outputStore(const TileClass& row, const TileClass& column, int channels) const;
    /// Commands that move one part of a map: more than one where rows and channels are both cut.
    double inputCommands(const TileClass& row, const TileClass& column, int channels) const;
    double outputCommands(const TileClass& row, const TileClass& column, int channels) const;
    /// Adds what the cores of one tile do to bring its input into order.
    void addSpread(ProgramWork& work, double count, const TileClass& row, const TileClass& column,
                   int channels) const;
    EndTile firstTile() const
    {
        return {m_rows->full(), m_columns->full(), m_channels->full().size};
    }
    EndTile lastTile() const
    {
        return {m_rows->final(), m_columns->final(), m_channels->final().size};
    }
    void setEnds(Tiling& tiling) const;
    /// What tiles wait for data from L3 beside what exposed() counts: the second one's load to L1
    /// begins when the first one has computed, and the first kernels hide less than later ones.
    double lateCycles(bool map_outer) const;
    Loads loads(bool map_outer) const;
    /// The first tile's load and the last one's store: nothing is there to hide them.
    Exposed exposedEnds() const;
    bool loadsInput(const Tile& tile, bool map_outer) const;
    bool loadsWeights(const Tile& tile, bool map_outer) const;
    Cycles cycles(const Tile& tile, bool map_outer) const;
    double exposed(const Tile& tile, const Cycles& cost, bool double_buffered) const;
    void add(Tiling& tiling, const Tile& tile) const;

    const TilingProblem& m_problem;
    const KernelWork& m_work;
    const HardwareProfile::Fields& m_profile;
    bool m_has_weights;
    bool m_depthwise;
    bool m_library; ///< the PULP-NN kernels on cores
    bool m_planes;  ///< their depthwise input goes from HWC to CHW in L1
    int m_operands;
    std::int64_t m_taps;
    double m_narrow_gain;

    const DimensionCut* m_rows = nullptr;
    const DimensionCut* m_columns = nullptr;
    const DimensionCut* m_channels = nullptr;
    int m_map_tiles = 1;
    bool m_stored_rows = false;
    bool m_stored_columns = false;
    std::int64_t m_largest_input = 0; ///< pixels
    /// Kernel cycles per class of rows and columns, all channels; valid if m_map_compute is.
    std::array<double, 9> m_map_kernels{};
    double m_map_compute = -1;
};

/// Part of the L2 through which tiles stream between L3 and L1.
std::int64_t streamingBytes(const HardwareProfile::Fields& profile);

} // namespace bitdial
