// SPDX-License-Identifier: Apache-2.0
// Where the buffers of all layers lie in L1.
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/tile_plan.h"

#include <algorithm>

namespace bitdial {
namespace {

/// Gives places from both ends of an arena.
class TwoEnds {
public:
    explicit TwoEnds(std::int64_t bytes) : m_high(bytes) {}

    std::int64_t take(std::int64_t bytes, bool from_low)
    {
        if (from_low) {
            m_low += bytes;
            return m_low - bytes;
        }
        return m_high -= bytes;
    }
    std::int64_t low() const { return m_low; }
    std::int64_t high() const { return m_high; }

private:
    std::int64_t m_low = 0;
    std::int64_t m_high;
};

/// Places one layer's buffers from its end; what stays in L1 for the next one at the other.
class LayerPlacer {
public:
    LayerPlacer(TilePlan& tiles, std::int64_t arena_bytes, bool from_low)
        : m_tiles(tiles), m_ends(arena_bytes), m_from_low(from_low), m_bytes(arena_bytes)
    {
    }

    void place(const TilePlan* before)
    {
        for (std::size_t k = 0; k < m_tiles.inputs.size(); ++k)
            if (before != nullptr && m_tiles.link.resident[k])
                takeOver(m_tiles.inputs[k], before->output);
        takeHead();
        for (std::size_t k = 0; k < m_tiles.inputs.size(); ++k)
            if (m_tiles.link.early_input[k])
                takeFirst(m_tiles.inputs[k]);
        m_begin = m_from_low ? m_ends.low() : m_ends.high();
        for (std::size_t k = 0; k < m_tiles.inputs.size(); ++k)
            takeRest(m_tiles.inputs[k], m_tiles.link.resident[k] || m_tiles.link.early_input[k]);
        takeRest(m_tiles.parameters, m_tiles.link.early_parameters);
        for (TileBuffer* buffer : {&m_tiles.spread, &m_tiles.scratch, &m_tiles.weight_scratch})
            takeRest(*buffer, false);
        if (m_tiles.keeps)
            m_tiles.output.offset = m_ends.take(m_tiles.output.bytes, !m_from_low);
        else
            takeRest(m_tiles.output, false);
    }
    /// What was there before the layer began, as the layer before has to keep it.
    void keepFor(TilePlan& before) const
    {
        before.kept_begin = m_from_low ? 0 : m_begin;
        before.kept_end = m_from_low ? m_begin : m_bytes;
    }

private:
    /// What the layer before wrote. A linear kernel may read a few bytes more, which meet zero
    /// weights: they need only be readable.
    void takeOver(TileBuffer& buffer, const TileBuffer& from)
    {
        if (!m_took_over)
            m_ends.take(from.bytes, m_from_low);
        m_took_over = true;
        buffer.offset = from.offset;
    }
    /// The table and, in one piece with it, early parameters.
    void takeHead()
    {
        const bool both = m_tiles.link.early_parameters;
        const std::int64_t table = m_tiles.tiling.l1.table;
        m_tiles.table_offset =
            m_ends.take(table + (both ? m_tiles.parameters.bytes : 0), m_from_low);
        if (both)
            m_tiles.parameters.offset = m_tiles.table_offset + table;
    }
    void takeFirst(TileBuffer& buffer) { buffer.offset = m_ends.take(buffer.bytes, m_from_low); }
    void takeRest(TileBuffer& buffer, bool has_first)
    {
        if (!has_first)
            takeFirst(buffer);
        buffer.second = 0;
        if (buffer.copies > 1)
            buffer.second = m_ends.take(buffer.bytes, m_from_low) - buffer.offset;
    }

    TilePlan& m_tiles;
    TwoEnds m_ends;
    bool m_from_low;
    std::int64_t m_bytes;
    std::int64_t m_begin = 0;
    bool m_took_over = false;
};

} // namespace

std::int64_t placeInL1(std::span<PlannedLayer> layers)
{
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        std::int64_t needed = layers[i].tiles.tiling.l1.bytes();
        if (i + 1 < layers.size()) {
            const TilePlan& next = layers[i + 1].tiles;
            needed += LayerLinks::earlyBytes(next.tiling, next.link);
        }
        bytes = std::max(bytes, needed);
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
        LayerPlacer placer(layers[i].tiles, bytes - l1_slack_bytes, i % 2 == 0);
        placer.place(i > 0 ? &layers[i - 1].tiles : nullptr);
        if (i > 0)
            placer.keepFor(layers[i - 1].tiles);
    }
    return bytes;
}

} // namespace bitdial
