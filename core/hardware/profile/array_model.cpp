// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/array_model.h"

namespace bitdial {

namespace {

/// Tiles of `size` that cover `length`.
double tilesOf(int length, int size)
{
    const int tiles = (length + size - 1) / size;
    return tiles;
}

constexpr std::string_view feature_names[] = {"fixed", "output_tile", "output_channel", "step",
                                              "step_channel"};

} // namespace

std::span<const std::string_view> arrayFeatureNames()
{
    return feature_names;
}

WorkFeatures arrayWork(const KernelWork& work, const ArrayShape& shape)
{
    const bool reduces_channels = work.kind == LayerKind::Conv || work.kind == LayerKind::Linear;
    const double map_tiles =
        tilesOf(work.out_height, shape.rows) * tilesOf(work.out_width, shape.columns);
    const double output_tiles = map_tiles * tilesOf(work.out_channels, shape.out_channels);
    const double steps = tilesOf(reduces_channels ? work.in_channels : 1, shape.in_channels) *
                         tilesOf(work.kernel_height * work.kernel_width, shape.taps);
    const double channels = map_tiles * work.out_channels;
    return {1, output_tiles, channels, output_tiles * steps, channels * steps};
}

} // namespace bitdial
