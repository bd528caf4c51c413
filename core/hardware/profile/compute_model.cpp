// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/compute_model.h"

#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <bit>

namespace bitdial {

namespace {

int divideUp(int value, int divisor)
{
    return (value + divisor - 1) / divisor;
}

/// Rows of the busiest core when `height` rows go to a power of two of `groups`.
int chunkOf(int height, int groups)
{
    return std::min(height, divideUp(height, groups));
}

int log2Floor(int value)
{
    return std::bit_width(unsigned(std::max(1, value))) - 1;
}

/// Rows that the busiest core of add and pooling gets: the largest power of two of cores that is
/// not above the height, and one row more wherever `mask` finds a remainder.
int poolRows(int height, int cores, bool add)
{
    const int used = 1 << log2Floor(std::min(height, cores));
    const int mask = add ? cores - 1 : std::min(height, cores) - 1;
    return std::min(height, (height >> log2Floor(used)) + ((height & mask) != 0 ? 1 : 0));
}

/// Output columns that one core computes of each of its rows, and the map's borders among them.
struct ColumnShare {
    int width = 0;
    int padding_left = 0;
    int padding_right = 0;
};

WorkFeatures convWork(const KernelWork& work, int rows, const ColumnShare& share)
{
    const int border_rows = std::min(rows, std::min(rows, work.padding.top) +
                                               (rows == work.out_height ? work.padding.bottom : 0));
    const int border_columns =
        std::min(share.width, std::min(share.width, share.padding_left) + share.padding_right);
    // Inside the map a kernel row is copied at once; at its border tap by tap.
    const double taps = double(work.kernel_height) * work.kernel_width;
    const double copies =
        border_rows * share.width * taps +
        (rows - border_rows) *
            (border_columns * taps + double(share.width - border_columns) * work.kernel_height);
    const double all_words = taps * work.in_channels / 4;
    // The inner loop takes whole words of weights; what remains of a filter goes one by one.
    const int filter = int(taps) * work.in_channels;
    const int behind = filter % (32 / work.bits.weight);
    const double words = double(filter - behind) / 4;
    // Copies are of whole words and what remains of them in bytes.
    const double copied_bytes =
        border_rows * share.width * taps * (work.in_channels % 4) +
        (rows - border_rows) * (border_columns * taps * (work.in_channels % 4) +
                                double(share.width - border_columns) * work.kernel_height *
                                    (work.kernel_width * work.in_channels % 4));
    const double pixels = double(rows) * share.width;
    const int row_pairs = share.width / 2;
    const double pairs = double(rows) * row_pairs;
    const double single = double(rows) * (share.width % 2) * work.out_channels;
    const double quads = pairs * divideUp(work.out_channels, 4);
    return {1,
            double(rows),
            pixels,
            copies,
            pixels * all_words,
            pairs,
            quads,
            quads * words,
            single,
            single * words,
            copied_bytes,
            quads * behind,
            single * behind};
}

CoreShares oneShare(const WorkFeatures& features)
{
    CoreShares shares;
    shares.features[0] = features;
    return shares;
}

CoreShares convShares(const KernelWork& work, int cores)
{
    // Rows that do not divide: half as many row groups, each of two half rows. Which half takes
    // longer depends on the kernel: where an odd pixel costs more than a pair, the narrower one
    // may.
    const bool halves = cores > 1 && work.out_height % cores != 0 && work.out_width > 1;
    const int rows = chunkOf(work.out_height, halves ? cores / 2 : cores);
    CoreShares shares;
    if (!halves) {
        shares.features[0] =
            convWork(work, rows, {work.out_width, work.padding.left, work.padding.right});
        return shares;
    }
    const int narrow = work.out_width / 2;
    shares.count = 2;
    shares.features[0] = convWork(work, rows, {work.out_width - narrow, work.padding.left, 0});
    shares.features[1] = convWork(work, rows, {narrow, 0, work.padding.right});
    return shares;
}

WorkFeatures depthwiseWork(const KernelWork& work, int cores)
{
    const double groups = divideUp(divideUp(work.out_channels, depthwiseGroup(work.bits)), cores);
    const int taps = work.kernel_height * work.kernel_width;
    const int tap_words = taps / 4;
    const double column_rows = double(work.in_height + work.padding.top + work.padding.bottom);
    const double columns = groups * work.out_width;
    const double pixels = columns * work.out_height;
    return {1,
            groups,
            groups * taps,
            columns,
            columns * column_rows * divideUp(work.kernel_width, 4),
            pixels,
            pixels * tap_words,
            groups * (work.padding.left + work.padding.right) * work.in_height};
}

WorkFeatures linearWork(const KernelWork& work, int cores)
{
    // Sub-byte results: a core writes whole bytes.
    const int unit = work.bits.out >= 8 ? 1 : 8 / work.bits.out;
    const int neurons = divideUp(divideUp(work.out_channels, unit), cores) * unit;
    const double words = work.in_channels / 4.0;
    const bool uneven = divideUp(work.out_channels, unit) % cores != 0;
    return {1, double(neurons), neurons * words, (neurons % 2) * words, uneven ? 1.0 : 0.0};
}

WorkFeatures averagePoolWork(const KernelWork& work, int cores)
{
    const double positions = double(poolRows(work.out_height, cores, false)) * work.out_width;
    const double outputs = positions * work.out_channels;
    return {1, positions, outputs, outputs * work.kernel_height,
            outputs * work.kernel_height * work.kernel_width};
}

constexpr std::string_view conv_names[] = {"fixed",
                                           "row",
                                           "pixel",
                                           "copy",
                                           "copy_word",
                                           "pair",
                                           "pair_quad",
                                           "pair_quad_word",
                                           "single_filter",
                                           "single_filter_word",
                                           "copy_byte",
                                           "pair_quad_behind",
                                           "single_filter_behind"};
constexpr std::string_view depthwise_names[] = {"fixed",      "group",  "group_tap",   "column",
                                                "column_row", "output", "output_word", "edge_row"};
constexpr std::string_view linear_names[] = {"fixed", "neuron", "neuron_word", "odd_word",
                                             "uneven"};
constexpr std::string_view add_names[] = {"fixed", "element"};
constexpr std::string_view pool_names[] = {"fixed", "position", "output", "output_row",
                                           "output_tap"};

} // namespace

std::span<const std::string_view> featureNames(LayerKind kind)
{
    switch (kind) {
    case LayerKind::Conv:
        return conv_names;
    case LayerKind::DepthwiseConv:
        return depthwise_names;
    case LayerKind::Linear:
        return linear_names;
    case LayerKind::Add:
        return add_names;
    default:
        return pool_names;
    }
}

CoreShares coreShares(const KernelWork& work, int cores)
{
    switch (work.kind) {
    case LayerKind::Conv:
        return convShares(work, cores);
    case LayerKind::DepthwiseConv:
        return oneShare(depthwiseWork(work, cores));
    case LayerKind::Linear:
        return oneShare(linearWork(work, cores));
    case LayerKind::Add:
        return oneShare({1, double(poolRows(work.out_height, cores, true)) * work.out_width *
                                work.out_channels});
    default: // poolings; other kinds have no kernel model
        return oneShare(averagePoolWork(work, cores));
    }
}

double dotProduct(const WorkFeatures& coefficients, const WorkFeatures& features)
{
    double sum = 0;
    for (std::size_t i = 0; i < features.size(); ++i)
        sum += coefficients[i] * features[i];
    return sum;
}

int busiestShare(const WorkFeatures& coefficients, const CoreShares& shares)
{
    return shares.count == 2 && dotProduct(coefficients, shares.features[1]) >
                                    dotProduct(coefficients, shares.features[0])
               ? 1
               : 0;
}

double busiestCoreCycles(const WorkFeatures& coefficients, const CoreShares& shares)
{
    return dotProduct(coefficients,
                      shares.features[std::size_t(busiestShare(coefficients, shares))]);
}

} // namespace bitdial
