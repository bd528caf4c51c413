// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/tile_plan.h"

#include "core/hardware/kernel_dialect.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace bitdial {
namespace {

/// Kernels load whole words, up to this many bytes behind what they need.
constexpr std::int64_t slack_bytes = 32;

/// Paddings of one tile as a kernel gets them.
struct TileView {
    TileSpan row;
    TileSpan column;
};

bool anyTile(const TilePlan& plan, const std::function<bool(const TileView&)>& test)
{
    // Tiles between the first and the last are alike but for where they begin.
    for (int y = 0; y < plan.rows.tiles(); ++y)
        for (int x = 0; x < plan.columns.tiles(); ++x)
            if (test({plan.rows.span(y), plan.columns.span(x)}))
                return true;
    return false;
}

/// A window that sees nothing of the map cannot be said with paddings.
bool hasEmptyTile(const TiledAxis& axis)
{
    for (int tile = 0; tile < axis.tiles(); ++tile)
        if (axis.span(tile).in_size <= 0)
            return true;
    return false;
}

/// The depthwise kernel takes columns apart by the declared padding: at least one column between
/// those that touch the left and the right border, and the right border only at stride 1. Its
/// im2col buffers hold one row of taps more than they need, and it stores whole words.
bool depthwiseFails(const TileSubject& s, const TileView& tile)
{
    const TileSpan& column = tile.column;
    const int left = (column.before + s.stride_x - 1) / s.stride_x;
    const bool right_is_safe = column.after == 0 || s.stride_x == 1;
    const int behind_row = roundUp(s.kernel_width, 4) - s.kernel_width + column.before;
    return !right_is_safe || column.out_size <= left + column.after ||
           (column.before > 0 && behind_row > s.kernel_width);
}

/// The max-pooling kernel reduces each row in place: windows must not begin before the column that
/// they are written to.
bool maxPoolFails(const TileSubject& s, const TileView& tile)
{
    return tile.column.before > s.stride_x - 1 || tile.column.out_size > tile.column.in_size;
}

void decideBorders(const TileSubject& s, TilePlan& plan)
{
    if (hasEmptyTile(plan.rows) || hasEmptyTile(plan.columns)) {
        plan.rows.stored_border = plan.columns.stored_border = true;
        plan.border_reason = "a border is stored around its tiles in L1: some windows see nothing "
                             "of the map";
    } else if (s.family == KernelFamily::Depthwise &&
               anyTile(plan, [&s](const TileView& t) { return depthwiseFails(s, t); })) {
        plan.columns.stored_border = true;
        plan.border_reason = "columns of zeros are stored around its tiles in L1: the depthwise "
                             "kernel reads past a row's end in this geometry";
    } else if (s.family == KernelFamily::MaxPool &&
               anyTile(plan, [&s](const TileView& t) { return maxPoolFails(s, t); })) {
        plan.rows.stored_border = plan.columns.stored_border = true;
        plan.border_reason = "a border of the lowest value is stored around its tiles in L1: the "
                             "max-pooling kernel would read columns that it has overwritten";
    }
}

int largestStored(const TiledAxis& axis)
{
    int largest = 0;
    for (int tile = 0; tile < axis.tiles(); ++tile)
        largest = std::max(largest, axis.storedSize(axis.span(tile)));
    return largest;
}

/// Rows that the depthwise kernel's im2col holds.
int largestColumn(const TiledAxis& axis)
{
    int largest = 0;
    for (int tile = 0; tile < axis.tiles(); ++tile) {
        const TileSpan span = axis.span(tile);
        largest = std::max(largest, span.in_size + span.before + span.after);
    }
    return largest;
}

std::int64_t scratchBytes(const TileSubject& s, const TilePlan& plan)
{
    if (s.family == KernelFamily::Conv) {
        // XpulpNN keeps pixels packed, as wide as the wider operand.
        const int bits = s.im2col_packed ? std::max(s.bits.in, s.bits.weight) : 8;
        return packedBytes(
            std::int64_t(2) * s.cores * s.kernel_height * s.kernel_width * s.in.channels, bits);
    }
    if (s.family != KernelFamily::Depthwise)
        return 0;
    const std::int64_t column =
        std::int64_t(s.kernel_width) * largestColumn(plan.rows) + s.kernel_width;
    return s.cores * depthwiseGroup(s.bits) * column + word_bytes;
}

/// Lays buffers one behind the other.
class Arena {
public:
    void add(TileBuffer& buffer, std::int64_t bytes, int copies)
    {
        buffer = {m_end, wholeWords(bytes), copies};
        m_end += buffer.bytes * copies;
    }
    std::int64_t end() const { return m_end; }

private:
    std::int64_t m_end = 0;
};

std::int64_t outputBytes(const TileSubject& s, const TilePlan& plan, int out_channels)
{
    const std::int64_t results =
        std::int64_t(plan.rows.tile_size) * plan.columns.tile_size * out_channels;
    // The library's kernel computes neurons in pairs, counted in a full part of a core: where the
    // last core's part is shorter, it can write one result behind the tile's.
    const int behind = s.family == KernelFamily::Linear32 ? 1 : 0;
    return packedBytes(results + behind, s.bits.out);
}

void layOutL1(const TileSubject& s, TilePlan& plan)
{
    const int buffers = plan.tiling.double_buffered ? 2 : 1;
    const bool many = plan.tiles() > 1;
    const bool channel_wise = isChannelWise(s.family);
    const int input_copies = (channel_wise ? many : plan.mapTiles() > 1) ? buffers : 1;
    const int weight_copies = plan.channel_tiles > 1 ? buffers : 1;
    const std::int64_t pixels =
        std::int64_t(largestStored(plan.rows)) * largestStored(plan.columns);
    const int in_channels = channel_wise ? plan.channel_tile : s.in.channels;
    Arena arena;
    plan.inputs.resize(std::size_t(s.operands));
    for (TileBuffer& input : plan.inputs)
        arena.add(input, packedBytes(pixels * in_channels, s.bits.in), input_copies);
    const int out_channels = plan.channel_tile;
    if (s.bits.weight > 0) {
        arena.add(plan.weights, packedBytes(filterElements(s) * out_channels, s.bits.weight),
                  weight_copies);
        arena.add(plan.kappa, std::int64_t(4) * out_channels, weight_copies);
        if (s.family != KernelFamily::Linear32)
            arena.add(plan.lambda, std::int64_t(4) * out_channels, weight_copies);
    }
    arena.add(plan.output, outputBytes(s, plan, out_channels), many ? buffers : 1);
    arena.add(plan.scratch, scratchBytes(s, plan), 1);
    if (s.family == KernelFamily::Depthwise && s.bits.weight < 8)
        arena.add(plan.weight_scratch,
                  std::int64_t(s.cores) * depthwiseGroup(s.bits) * s.kernel_height * s.kernel_width,
                  1);
    plan.l1_bytes = arena.end() + slack_bytes;
}

} // namespace

TileSpan TiledAxis::span(int tile) const
{
    TileSpan span;
    span.out_begin = tile * tile_size;
    span.out_size = std::min(tile_size, out_length - span.out_begin);
    const int from = span.out_begin * stride - padding_before;
    const int to = from + (span.out_size - 1) * stride + kernel;
    const int begin = std::clamp(from, 0, in_length);
    const int end = std::clamp(to, begin, in_length);
    span.in_begin = begin;
    span.in_size = end - begin;
    if (span.in_size > 0) {
        span.before = begin - from;
        span.after = to - end;
    } else if (to <= 0) {
        span.before = to - from;
        span.after = 0;
    } else {
        span.before = 0;
        span.after = to - from;
    }
    return span;
}

std::int64_t filterElements(const TileSubject& subject)
{
    if (subject.bits.weight == 0)
        return 0;
    const std::int64_t taps = std::int64_t(subject.kernel_height) * subject.kernel_width;
    return subject.family == KernelFamily::Depthwise ? taps : taps * subject.in.channels;
}

TilePlan layOutTiles(const TileSubject& subject, const Tiling& tiling)
{
    TilePlan plan;
    plan.tiling = tiling;
    plan.rows = {subject.in.height,     subject.out.height, tiling.rows,
                 subject.kernel_height, subject.stride_y,   subject.padding.top};
    plan.columns = {subject.in.width,     subject.out.width, tiling.columns,
                    subject.kernel_width, subject.stride_x,  subject.padding.left};
    plan.channel_tile = tiling.channels;
    plan.channel_tiles = (subject.out.channels + tiling.channels - 1) / tiling.channels;
    decideBorders(subject, plan);
    layOutL1(subject, plan);
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
    if (plan.channel_tile > most)
        return too_large("the number of a tile's output channels", plan.channel_tile);
    if (std::max({height, width}) > most)
        return too_large("the size of a tile's map", std::max(height, width));
    if (subject.family == KernelFamily::Conv && taps * subject.in.channels > most)
        return too_large("the length of its window", taps * subject.in.channels);
    if (subject.family == KernelFamily::Depthwise && height * width > most)
        return too_large("the area of a tile's map", height * width);
    return {};
}

} // namespace bitdial
