// SPDX-License-Identifier: Apache-2.0
#include "network_fixture.h"

#include "core/quantization/bit_assignment.h"

namespace bitdial::test {
namespace {

using Map = std::vector<double>; ///< C,H,W

std::size_t at(const TensorShape& shape, int c, int y, int x)
{
    return (std::size_t(c) * std::size_t(shape.height) + std::size_t(y)) *
               std::size_t(shape.width) +
           std::size_t(x);
}

double weighted(const Layer& layer, const LayerParameters& p, const Map& in, int o, int y, int x)
{
    const auto& g = layer.geometry;
    const bool depthwise = layer.kind == LayerKind::DepthwiseConv;
    const int channels = depthwise ? 1 : g.input.channels;
    const std::size_t taps = std::size_t(g.kernel_height * g.kernel_width);
    double sum = p.bias.empty() ? 0.0 : double(p.bias[std::size_t(o)]);
    for (int i = 0; i < channels; ++i)
        for (int ky = 0; ky < g.kernel_height; ++ky)
            for (int kx = 0; kx < g.kernel_width; ++kx) {
                const int iy = y * g.stride_y - g.padding.top + ky;
                const int ix = x * g.stride_x - g.padding.left + kx;
                if (iy < 0 || ix < 0 || iy >= g.input.height || ix >= g.input.width)
                    continue;
                const auto w =
                    std::size_t(o * channels + i) * taps + std::size_t(ky * g.kernel_width + kx);
                sum += double(p.weights[w]) * in[at(g.input, depthwise ? o : i, iy, ix)];
            }
    if (const auto& bn = p.batch_norm) {
        const auto c = std::size_t(o);
        sum = double(bn->scale[c]) * (sum - double(bn->mean[c])) /
                  std::sqrt(double(bn->variance[c]) + double(bn->epsilon)) +
              double(bn->shift[c]);
    }
    return sum;
}

double pooled(const Layer& layer, const Map& in, int c, int y, int x)
{
    const auto& g = layer.geometry;
    double sum = 0;
    double highest = -1e30;
    for (int ky = 0; ky < g.kernel_height; ++ky)
        for (int kx = 0; kx < g.kernel_width; ++kx) {
            const int iy = y * g.stride_y - g.padding.top + ky;
            const int ix = x * g.stride_x - g.padding.left + kx;
            if (iy < 0 || ix < 0 || iy >= g.input.height || ix >= g.input.width)
                continue;
            sum += in[at(g.input, c, iy, ix)];
            highest = std::max(highest, in[at(g.input, c, iy, ix)]);
        }
    return layer.kind == LayerKind::MaxPool ? highest : sum / (g.kernel_height * g.kernel_width);
}

double value(const Network& network, int index, const std::vector<Map>& maps, int c, int y, int x)
{
    const auto& layer = network.layer(index);
    const auto& in = maps[std::size_t(layer.inputs[0])];
    if (layer.hasWeights())
        return weighted(layer, network.parameters()->layers[std::size_t(index)], in, c, y, x);
    if (layer.kind != LayerKind::Add)
        return pooled(layer, in, c, y, x);
    const auto i = at(layer.geometry.output, c, y, x);
    return in[i] + maps[std::size_t(layer.inputs[1])][i];
}

} // namespace

std::vector<std::vector<double>> floatForward(const Network& network,
                                              const std::vector<float>& input)
{
    std::vector<Map> maps(std::size_t(network.tensorCount()));
    maps[std::size_t(network.input())].assign(input.begin(), input.end());
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto& layer = network.layer(i);
        const auto& shape = layer.geometry.output;
        auto& out = maps[std::size_t(layer.output)];
        for (int c = 0; c < shape.channels; ++c)
            for (int y = 0; y < shape.height; ++y)
                for (int x = 0; x < shape.width; ++x) {
                    double v = value(network, i, maps, c, y, x);
                    if (layer.activation != Activation::None)
                        v = std::max(v, 0.0);
                    if (layer.activation == Activation::Clip)
                        v = std::min(v, double(layer.clip_max));
                    out.push_back(v);
                }
    }
    return maps;
}

QuantizationState calibrated(const Network& network, const BitAssignment& bits,
                             const std::vector<std::vector<float>>& inputs)
{
    QuantizationState state;
    state.parameters = network.parameters();
    std::vector<double> top(std::size_t(network.tensorCount()), 1e-3);
    std::vector<bool> is_signed(top.size());
    for (const auto& input : inputs) {
        const auto maps = floatForward(network, input);
        for (std::size_t t = 0; t < maps.size(); ++t)
            for (const double v : maps[t]) {
                top[t] = std::max(top[t], std::abs(v));
                is_signed[t] = is_signed[t] || v < 0;
            }
    }
    for (std::size_t t = 0; t < top.size(); ++t) {
        const int tensor = int(t);
        const int producer = network.tensor(tensor).producer;
        if (producer >= 0)
            is_signed[t] = !network.producedNonNegative(tensor);
        if (bits.activationBits(tensor) == 32) {
            state.activations.push_back({});
            continue;
        }
        const double high = integerRange(bits.activationBits(tensor), is_signed[t]).high;
        state.activations.push_back({float(top[t] / high), is_signed[t]});
        if (producer >= 0 && network.layer(producer).kind == LayerKind::MaxPool)
            state.activations.back() =
                state.activations[std::size_t(network.layer(producer).inputs[0])];
    }
    for (int i = 0; i < network.layerCount(); ++i) {
        auto& scales = state.weight_scales.emplace_back();
        const auto& weights = network.parameters()->layers[std::size_t(i)].weights;
        if (weights.empty())
            continue;
        const bool raw = bits.layerBits(network, i).out == 32;
        const std::size_t count = raw ? 1 : std::size_t(network.layer(i).geometry.output.channels);
        const std::size_t each = weights.size() / count;
        for (std::size_t c = 0; c < count; ++c) {
            float largest = 0;
            for (std::size_t w = c * each; w < (c + 1) * each; ++w)
                largest = std::max(largest, std::abs(weights[w]));
            scales.push_back(largest / float(integerRange(bits.weightBits(i), true).high));
        }
    }
    return state;
}

std::vector<std::vector<float>> randomInputs(const Network& network, int count, bool is_signed,
                                             unsigned seed)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> pick(is_signed ? -1.0F : 0.0F, 1.0F);
    std::vector<std::vector<float>> inputs{std::size_t(count)};
    for (auto& input : inputs) {
        input.resize(std::size_t(network.tensor(network.input()).shape.elements()));
        std::ranges::generate(input, [&] { return pick(random); });
    }
    return inputs;
}

} // namespace bitdial::test
