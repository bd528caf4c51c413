// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/tile_cuts.h"

#include <algorithm>

namespace bitdial {

namespace {

/// How the input of one dimension follows from its output.
struct Reach {
    int in_length = 1;
    int kernel = 1;
    int stride = 1;
    int padding_before = 0;

    /// Input positions inside the map that `size` outputs from `begin` on need.
    int inputs(int begin, int size) const
    {
        const int from = begin * stride - padding_before;
        const int to = from + (size - 1) * stride + kernel;
        return std::max(1, std::min(to, in_length) - std::max(from, 0));
    }
};

DimensionCut cutInto(int length, int size, const Reach& reach)
{
    DimensionCut cut;
    cut.tiles = (length + size - 1) / size;
    const auto add = [&](int begin, int length_of_tile, int count) {
        TileClass& one = cut.storage[std::size_t(cut.used++)];
        one.size = length_of_tile;
        one.in_size = reach.inputs(begin, length_of_tile);
        one.count = count;
        one.first = begin == 0;
        one.last = begin + length_of_tile == length;
        cut.largest_input = std::max(cut.largest_input, one.in_size);
        cut.input_total += count * one.in_size;
    };
    if (cut.tiles == 1) {
        add(0, length, 1);
        return cut;
    }
    add(0, size, 1);
    if (cut.tiles > 2)
        add(size, size, cut.tiles - 2);
    add((cut.tiles - 1) * size, length - (cut.tiles - 1) * size, 1);
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

std::vector<DimensionCut> cutsInto(int length, const std::vector<int>& sizes, const Reach& reach)
{
    std::vector<DimensionCut> cuts;
    cuts.reserve(sizes.size());
    for (const int size : sizes)
        cuts.push_back(cutInto(length, size, reach));
    return cuts;
}

} // namespace

std::vector<DimensionCut> rowCuts(const KernelWork& work, Strides strides, int cores)
{
    std::vector<int> sizes = tileSizes(work.out_height, cores);
    for (const int fewer : tileSizes(std::min(work.out_height, cores), 1))
        if (fewer < sizes.back())
            sizes.push_back(fewer);
    return cutsInto(work.out_height, sizes,
                    {work.in_height, work.kernel_height, strides.y, work.padding.top});
}

std::vector<DimensionCut> columnCuts(const KernelWork& work, Strides strides)
{
    std::vector<int> sizes = {work.out_width};
    if (work.kind != LayerKind::Add && work.out_width > 1) {
        sizes = tileSizes(work.out_width, 2);
        if (sizes.back() > 1)
            sizes.push_back(1);
    }
    return cutsInto(work.out_width, sizes,
                    {work.in_width, work.kernel_width, strides.x, work.padding.left});
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
    return cutsInto(work.out_channels, sizes, {});
}

} // namespace bitdial
