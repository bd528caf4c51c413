// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/called_geometry.h"

#include <algorithm>

namespace bitdial {
namespace {

const KernelModel* kernelOf(const HardwareProfile::Fields& profile, LayerKind kind, LayerBits bits)
{
    const auto kernel = profile.kernels.find({kind, bits});
    return kernel == profile.kernels.end() ? nullptr : &kernel->second;
}

bool hasCoreKernel(const HardwareProfile::Fields& profile, LayerKind kind, LayerBits bits)
{
    const KernelModel* kernel = kernelOf(profile, kind, bits);
    return kernel != nullptr && !kernel->array;
}

} // namespace

bool isWrongDepthwiseWindow(int kernel_height, int kernel_width, bool packed)
{
    const int taps = kernel_height * kernel_width;
    return kernel_width < 2 || taps < 4 || (packed && taps % 4 > 1);
}

LayerGeometry calledGeometry(const Layer& layer, LayerBits bits,
                             const HardwareProfile::Fields& profile)
{
    LayerGeometry g = layer.geometry;
    const auto is_wrong = [&] {
        return isWrongDepthwiseWindow(g.kernel_height, g.kernel_width, profile.im2col_packed);
    };
    if (layer.kind != LayerKind::DepthwiseConv || profile.dialect != KernelDialect::PulpNn ||
        !is_wrong())
        return g;
    const KernelModel* kernel = kernelOf(profile, layer.kind, bits);
    if (kernel != nullptr && kernel->array)
        return g; // an accelerator has rules of its own
    g.kernel_width = std::max(2, g.kernel_width);
    while (is_wrong())
        ++g.kernel_height;
    g.padding.right += g.kernel_width - layer.geometry.kernel_width;
    g.padding.bottom += g.kernel_height - layer.geometry.kernel_height;
    return g;
}

bool readsFewChannels(const Network& network, int layer, LayerBits bits,
                      const HardwareProfile::Fields& profile)
{
    const Layer& what = network.layer(layer);
    const int input = what.inputs.front();
    if (profile.dialect != KernelDialect::PulpNn || what.kind != LayerKind::Conv ||
        input != network.input() || network.tensor(input).consumers.size() != 1 || bits.in != 8 ||
        bits.weight != 8)
        return false;
    return hasCoreKernel(profile, what.kind, bits);
}

LayerBits calledBits(const Network& network, int layer, LayerBits bits,
                     const HardwareProfile::Fields& profile)
{
    const Layer& what = network.layer(layer);
    const int input = what.inputs.front();
    const LayerBits wider{bits.in, 8, bits.out};
    const bool is_wrong = profile.dialect == KernelDialect::PulpNn && profile.im2col_packed &&
                          what.kind == LayerKind::Conv && bits.in == 2 && bits.weight == 4 &&
                          paddedChannels(what.geometry.input.channels) % 16 != 0 &&
                          !network.producedNonNegative(input) &&
                          hasCoreKernel(profile, what.kind, bits);
    return is_wrong ? wider : bits;
}

int calledInputChannels(const Network& network, int layer, LayerBits bits,
                        const HardwareProfile::Fields& profile)
{
    const int channels = network.layer(layer).geometry.input.channels;
    return readsFewChannels(network, layer, bits, profile)
               ? fewChannels(channels)
               : paddedChannels(channels, 8, profile.dialect);
}

} // namespace bitdial
