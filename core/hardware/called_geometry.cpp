// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/called_geometry.h"

#include <algorithm>

namespace bitdial {
namespace {

bool runsOnCores(const Layer& layer, const HardwareProfile::Fields& profile)
{
    return std::ranges::none_of(profile.kernels, [&layer](const auto& kernel) {
        return kernel.first.kind == layer.kind && kernel.second.array.has_value();
    });
}

} // namespace

LayerGeometry calledGeometry(const Layer& layer, const HardwareProfile::Fields& profile)
{
    LayerGeometry g = layer.geometry;
    const auto is_wrong = [&] {
        const int taps = g.kernel_height * g.kernel_width;
        return g.kernel_width < 2 || taps < 4 || (profile.im2col_packed && taps % 4 > 1);
    };
    // What is asked of every layer at every width comes before the search through the kernels.
    if (layer.kind != LayerKind::DepthwiseConv || profile.dialect != KernelDialect::PulpNn ||
        !is_wrong() || !runsOnCores(layer, profile))
        return g;
    g.kernel_width = std::max(2, g.kernel_width);
    while (is_wrong())
        ++g.kernel_height;
    g.padding.right += g.kernel_width - layer.geometry.kernel_width;
    g.padding.bottom += g.kernel_height - layer.geometry.kernel_height;
    return g;
}

} // namespace bitdial
