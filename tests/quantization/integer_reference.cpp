// SPDX-License-Identifier: Apache-2.0
#include "integer_reference.h"

#include <algorithm>
#include <cmath>

namespace bitdial::test {
namespace {

using Map = std::vector<std::int64_t>; ///< C,H,W

std::int64_t checked(std::int64_t value)
{
    if (value > 2147483647LL || value < -2147483648LL)
        throw std::overflow_error("a 32-bit kernel would wrap here");
    return value;
}

/// Clip of kernels: unsigned [0, 2^b - 1], signed [-2^(b-1), 2^(b-1) - 1].
std::int64_t clip(std::int64_t v, int bits, bool is_signed)
{
    const std::int64_t low = is_signed ? -(1LL << (bits - 1)) : 0;
    const std::int64_t high = is_signed ? (1LL << (bits - 1)) - 1 : (1LL << bits) - 1;
    return std::min(std::max(v, low), high);
}

std::int64_t floorShift(std::int64_t v, int shift)
{
    const std::int64_t d = 1LL << shift;
    return v >= 0 ? v / d : -((-v + d - 1) / d);
}

struct Element {
    int c, y, x;
};

std::size_t at(const TensorShape& s, int c, int y, int x)
{
    return std::size_t((c * s.height + y) * s.width + x);
}

/// Sum over the window of input x weight (weights null: plain sum), and the largest input.
struct WindowResult {
    std::int64_t sum = 0;
    std::int64_t highest = -1000;
};

WindowResult overWindow(const LayerGeometry& g, const Map& in, const std::int8_t* weights,
                        bool own_channel_only, Element e)
{
    WindowResult result;
    const int channels = own_channel_only ? 1 : g.input.channels;
    const int taps = g.kernel_height * g.kernel_width;
    for (int i = 0; i < channels; ++i)
        for (int ky = 0; ky < g.kernel_height; ++ky)
            for (int kx = 0; kx < g.kernel_width; ++kx) {
                const int iy = e.y * g.stride_y - g.padding.top + ky;
                const int ix = e.x * g.stride_x - g.padding.left + kx;
                if (iy < 0 || ix < 0 || iy >= g.input.height || ix >= g.input.width)
                    continue;
                const std::int64_t x = in[at(g.input, own_channel_only ? e.c : i, iy, ix)];
                const int w = (e.c * channels + i) * taps + ky * g.kernel_width + kx;
                result.sum = checked(result.sum + x * (weights == nullptr ? 1 : weights[w]));
                result.highest = std::max(result.highest, x);
            }
    return result;
}

std::int64_t sumOf(const IntegerNetwork& network, int index, const Map& in, Element e)
{
    const auto& layer = network.network->layer(index);
    const auto& folded = network.layers[std::size_t(index)];
    return overWindow(layer.geometry, in, layer.hasWeights() ? folded.weights.data() : nullptr,
                      layer.kind != LayerKind::Conv && layer.kind != LayerKind::Linear, e)
        .sum;
}

std::int64_t weighted(const IntegerLayer& f, std::int64_t acc, std::size_t c)
{
    if (f.output.bits == 32)
        return checked(acc + f.bias[c]);
    const auto r = checked(f.kappa[c] * acc + f.lambda[c]);
    return clip(floorShift(r, f.shift), f.output.bits, f.output.is_signed);
}

std::int64_t added(const IntegerLayer& f, std::int64_t a, std::int64_t b)
{
    const auto q1 = clip(floorShift(checked(a * f.add.mul[0] + f.add.add[0]), f.add.shift[0]), 8,
                         f.inputs[0].is_signed);
    const auto q2 = clip(floorShift(checked(b * f.add.mul[1] + f.add.add[1]), f.add.shift[1]), 8,
                         f.inputs[1].is_signed);
    const auto s = checked((q1 + q2) * f.add.out_mul + f.add.out_add);
    return clip(floorShift(s, f.add.out_shift), f.output.bits, f.output.is_signed);
}

std::int64_t element(const IntegerNetwork& network, int index, const std::vector<Map>& maps,
                     Element e)
{
    const auto& layer = network.network->layer(index);
    const auto& f = network.layers[std::size_t(index)];
    const Map& in = maps[std::size_t(layer.inputs[0])];
    const auto& g = layer.geometry;
    if (layer.kind == LayerKind::Add) {
        const auto i = at(g.output, e.c, e.y, e.x);
        return added(f, in[i], maps[std::size_t(layer.inputs[1])][i]);
    }
    if (layer.kind == LayerKind::MaxPool)
        return overWindow(g, in, nullptr, true, e).highest;
    const auto sum = sumOf(network, index, in, e);
    if (layer.hasWeights())
        return weighted(f, sum, std::size_t(e.c));
    const int window = g.kernel_height * g.kernel_width;
    const auto r = checked(sum * (f.average_pool.lambda / window) + f.average_pool.out_add);
    return clip(floorShift(r, f.average_pool.out_shift), f.output.bits, f.output.is_signed);
}

template <typename Visit> void forEachElement(const TensorShape& shape, const Visit& visit)
{
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x)
                visit(Element{c, y, x});
}

} // namespace

std::vector<Map> integerForward(const IntegerNetwork& network,
                                const std::vector<std::int32_t>& input)
{
    const auto& net = *network.network;
    std::vector<Map> maps(std::size_t(net.tensorCount()));
    maps[std::size_t(net.input())].assign(input.begin(), input.end());
    for (int i = 0; i < net.layerCount(); ++i)
        forEachElement(net.layer(i).geometry.output, [&](Element e) {
            maps[std::size_t(net.layer(i).output)].push_back(element(network, i, maps, e));
        });
    return maps;
}

std::vector<double> exactLayer(const IntegerNetwork& network, const QuantizationState& state,
                               int index, const std::vector<Map>& maps)
{
    const auto& layer = network.network->layer(index);
    const auto scale = [&](int tensor) {
        return double(state.activations[std::size_t(tensor)].scale);
    };
    std::vector<double> result;
    forEachElement(layer.geometry.output, [&](Element e) {
        const auto c = std::size_t(e.c);
        const double out = scale(layer.output);
        const auto& in = maps[std::size_t(layer.inputs[0])];
        const auto i = at(layer.geometry.output, e.c, e.y, e.x);
        if (layer.kind == LayerKind::Add) {
            const auto& other = maps[std::size_t(layer.inputs[1])];
            result.push_back((double(in[i]) * scale(layer.inputs[0]) +
                              double(other[i]) * scale(layer.inputs[1])) /
                             out);
        } else if (layer.kind == LayerKind::MaxPool) {
            result.push_back(double(maps[std::size_t(layer.output)][i]));
        } else if (layer.kind == LayerKind::AveragePool) {
            const int window = layer.geometry.kernel_height * layer.geometry.kernel_width;
            result.push_back(double(sumOf(network, index, in, e)) * scale(layer.inputs[0]) /
                             window / out);
        } else {
            const auto& p = state.parameters->layers[std::size_t(index)];
            double r = double(sumOf(network, index, in, e)) * scale(layer.inputs[0]) *
                           double(state.weight_scales[std::size_t(index)][c]) +
                       double(p.bias[c]);
            if (const auto& bn = p.batch_norm)
                r = double(bn->scale[c]) * (r - double(bn->mean[c])) /
                        std::sqrt(double(bn->variance[c]) + double(bn->epsilon)) +
                    double(bn->shift[c]);
            result.push_back(r / out);
        }
    });
    return result;
}

} // namespace bitdial::test
