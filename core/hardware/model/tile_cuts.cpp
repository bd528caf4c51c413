// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/tile_cuts.h"

#include "core/hardware/model/tile_span.h"

#include <algorithm>

namespace bitdial {

namespace {

/// What lies outside the map around one tile makes a kernel wrong: columns of these kinds only.
struct BorderRule {
    LayerKind kind = LayerKind::Conv;
    bool applies = false;

    bool isBroken(const TiledAxis& axis, const TileSpan& span) const
    {
        if (!applies)
            return false;
        // The max-pooling kernel reduces each row in place: windows must not begin before the
        // column that they are written to.
        if (kind == LayerKind::MaxPool)
            return span.before > axis.stride - 1 || span.out_size > span.in_size;
        if (kind != LayerKind::DepthwiseConv)
            return false;
        // The depthwise kernel takes columns apart by the declared padding: at least one column
        // between those that touch the left and the right border, and the right border only at
        // stride 1. Its im2col buffers hold one row of taps more than they need, and it stores
        // whole words.
        const int left = (span.before + axis.stride - 1) / axis.stride;
        const bool right_is_safe = span.after == 0 || axis.stride == 1;
        const int behind_row = roundUp(axis.kernel, 4) - axis.kernel + span.before;
        return !right_is_safe || span.out_size <= left + span.after ||
               (span.before > 0 && behind_row > axis.kernel);
    }
};

DimensionCut cutInto(TiledAxis axis, int size, const BorderRule& rule)
{
    axis.tile_size = size;
    DimensionCut cut;
    cut.tiles = axis.tiles();
    const auto add = [&](int tile, int count) {
        const TileSpan span = axis.span(tile);
        TileClass& one = cut.storage[std::size_t(cut.used++)];
        one.size = span.out_size;
        one.in_size = std::max(1, span.in_size);
        one.count = count;
        one.first = tile == 0;
        one.last = tile + 1 == cut.tiles;
        cut.input_total += count * one.in_size;
    };
    add(0, 1);
    if (cut.tiles > 2)
        add(1, cut.tiles - 2);
    if (cut.tiles > 1)
        add(cut.tiles - 1, 1);
    std::vector<TileSpan> shapes;
    for (int tile = 0; tile < cut.tiles; ++tile) {
        TileSpan span = axis.span(tile);
        cut.largest_input = std::max(cut.largest_input, span.in_size);
        cut.largest_window = std::max(cut.largest_window, span.window());
        cut.has_empty |= span.in_size <= 0;
        cut.needs_border |= rule.isBroken(axis, span);
        span.in_begin = span.out_begin = 0;
        if (std::ranges::find(shapes, span) == shapes.end())
            shapes.push_back(span);
    }
    cut.shapes = int(shapes.size());
    return cut;
}

/// Distinct tile sizes that are multiples of `unit`, largest first: those that cut the length into
/// nearly equal parts.
std::vector<int> tileSizes(int length, int unit)
{
    const int units = (length + unit - 1) / unit;
    std::vector<int> sizes;
    for (int tiles = 1; tiles <= units;) {
        const int units_per_tile = (units + tiles - 1) / tiles;
        sizes.push_back(std::min(length, units_per_tile * unit));
        if (units_per_tile == 1)
            break;
        // The least number of tiles that makes them smaller.
        tiles = (units + units_per_tile - 2) / (units_per_tile - 1);
    }
    return sizes;
}

std::vector<DimensionCut> cutsInto(const TiledAxis& axis, const std::vector<int>& sizes,
                                   const BorderRule& rule = {})
{
    std::vector<DimensionCut> cuts;
    cuts.reserve(sizes.size());
    for (const int size : sizes)
        cuts.push_back(cutInto(axis, size, rule));
    return cuts;
}

} // namespace

std::vector<DimensionCut> rowCuts(const KernelWork& work, Strides strides, int cores)
{
    std::vector<int> sizes = tileSizes(work.out_height, cores);
    for (const int fewer : tileSizes(std::min(work.out_height, cores), 1))
        if (fewer < sizes.back())
            sizes.push_back(fewer);
    return cutsInto(
        {work.in_height, work.out_height, 1, work.kernel_height, strides.y, work.padding.top},
        sizes);
}

std::vector<DimensionCut> columnCuts(const KernelWork& work, Strides strides, KernelDialect dialect)
{
    std::vector<int> sizes = {work.out_width};
    if (work.kind != LayerKind::Add && work.out_width > 1) {
        sizes = tileSizes(work.out_width, 2);
        if (sizes.back() > 1)
            sizes.push_back(1);
    }
    return cutsInto(
        {work.in_width, work.out_width, 1, work.kernel_width, strides.x, work.padding.left}, sizes,
        {work.kind, dialect == KernelDialect::PulpNn});
}

std::vector<DimensionCut> channelCuts(const KernelWork& work, int cores, KernelDialect dialect)
{
    std::vector<int> sizes = {work.out_channels};
    if (work.kind != LayerKind::Add) {
        const bool quantized_linear = work.kind == LayerKind::Linear && work.bits.out != 32;
        sizes = tileSizes(work.out_channels,
                          quantized_linear ? linearNeuronMultiple(work.bits, cores) : 8);
        if (dialect == KernelDialect::Plain)
            for (const int fewer : tileSizes(sizes.back(), std::max(1, 8 / work.bits.out)))
                if (fewer < sizes.back())
                    sizes.push_back(fewer);
    }
    std::vector<DimensionCut> cuts = cutsInto({work.out_channels, work.out_channels}, sizes);
    // Neurons that are computed but not stored make a last tile differ from one of its size.
    if (work.kind == LayerKind::Linear)
        for (DimensionCut& cut : cuts)
            cut.shapes = std::min(cut.tiles, 2);
    return cuts;
}

} // namespace bitdial
