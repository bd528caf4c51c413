// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/tile_plan.h"

#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <limits>

namespace bitdial {
namespace {

int largestStored(const TiledAxis& axis)
{
    int largest = 0;
    for (int tile = 0; tile < axis.tiles(); ++tile)
        largest = std::max(largest, axis.storedSize(axis.span(tile)));
    return largest;
}

bool hasEmptyTile(const TiledAxis& axis)
{
    for (int tile = 0; tile < axis.tiles(); ++tile)
        if (axis.span(tile).in_size <= 0)
            return true;
    return false;
}

std::string whyBorder(const TileSubject& subject, const TilePlan& plan)
{
    if (!plan.rows.stored_border && !plan.columns.stored_border)
        return {};
    // A window that sees nothing of the map cannot be said with paddings.
    if (hasEmptyTile(plan.rows) || hasEmptyTile(plan.columns))
        return "a border is stored around its tiles in L1: some windows see nothing of the map";
    if (subject.family == KernelFamily::Depthwise)
        return "columns of zeros are stored around its tiles in L1: the depthwise kernel reads "
               "past a row's end in this geometry";
    return "a border of the lowest value is stored around its tiles in L1: the max-pooling kernel "
           "would read columns that it has overwritten";
}

TileBuffer unplaced(const L1Buffer& buffer)
{
    return {0, buffer.bytes, buffer.copies, buffer.copies > 1 ? buffer.bytes : 0};
}

} // namespace

std::int64_t filterElements(const TileSubject& subject)
{
    if (subject.bits.weight == 0)
        return 0;
    const std::int64_t taps = std::int64_t(subject.kernel_height) * subject.kernel_width;
    return subject.family == KernelFamily::Depthwise ? taps : taps * subject.in.channels;
}

ParameterBlock parameterBlock(const TileSubject& subject, int channels)
{
    if (subject.bits.weight == 0)
        return {};
    ParameterBlock block;
    block.kappa = wholeWords(packedBytes(filterElements(subject) * channels, subject.bits.weight));
    block.lambda = block.kappa + std::int64_t(4) * channels;
    block.bytes = block.kappa + std::int64_t(channels) * requantBytesPerChannel(subject.bits);
    return block;
}

std::int64_t parameterBytes(const TileSubject& subject, const TilePlan& tiles)
{
    std::int64_t bytes = 0;
    for (int part = 0; part < tiles.channel_tiles; ++part)
        bytes += parameterBlock(subject, tiles.channelsOf(part)).bytes;
    return bytes;
}

TilePlan layOutTiles(const TileSubject& subject, const LayerProgram& program)
{
    const Tiling& tiling = program.tiling;
    TilePlan plan;
    static_cast<LayerProgram&>(plan) = program;
    plan.rows = {subject.in.height, subject.out.height,  tiling.rows,       subject.kernel_height,
                 subject.stride_y,  subject.padding.top, tiling.stored_rows};
    plan.columns = {subject.in.width,     subject.out.width, tiling.columns,
                    subject.kernel_width, subject.stride_x,  subject.padding.left,
                    tiling.stored_columns};
    plan.channel_tiles = (subject.out.channels + tiling.channels - 1) / tiling.channels;
    plan.last_channels = subject.out.channels - (plan.channel_tiles - 1) * tiling.channels;
    plan.inputs.assign(std::size_t(subject.operands), unplaced(tiling.l1.input));
    plan.spread = unplaced(tiling.l1.spread);
    plan.parameters = unplaced(tiling.l1.parameters);
    plan.output = unplaced(tiling.l1.output);
    plan.scratch = unplaced(tiling.l1.scratch);
    plan.weight_scratch = unplaced(tiling.l1.weight_scratch);
    plan.border_reason = whyBorder(subject, plan);
    return plan;
}

std::string whyTooLarge(const TileSubject& subject, const TilePlan& plan)
{
    constexpr std::int64_t most = std::numeric_limits<std::uint16_t>::max();
    const auto too_large = [](const char* what, std::int64_t value) {
        return std::string(what) + " is " + std::to_string(value) +
               ", but the kernel takes at most " + std::to_string(most);
    };
    const std::int64_t height = largestStored(plan.rows);
    const std::int64_t width = largestStored(plan.columns);
    const std::int64_t taps = std::int64_t(subject.kernel_height) * subject.kernel_width;
    if (subject.in.channels > most)
        return too_large("the number of its input channels", subject.in.channels);
    if (plan.tiling.channels > most)
        return too_large("the number of a tile's output channels", plan.tiling.channels);
    if (std::max({height, width}) > most)
        return too_large("the size of a tile's map", std::max(height, width));
    if (subject.family == KernelFamily::Conv && taps * subject.in.channels > most)
        return too_large("the length of its window", taps * subject.in.channels);
    if (subject.family == KernelFamily::Depthwise && height * width > most)
        return too_large("the area of a tile's map", height * width);
    return {};
}

} // namespace bitdial
