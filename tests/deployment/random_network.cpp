// SPDX-License-Identifier: Apache-2.0
#include "random_network.h"

#include "core/network/network.h"
#include "export_fixture.h"

#include <algorithm>
#include <array>

namespace bitdial::test {
namespace {

/// Plain modulo: std distributions differ between standard libraries.
int pick(std::mt19937& random, int low, int high)
{
    return low + int(random() % unsigned(high - low + 1));
}

class RandomNetwork {
public:
    RandomNetwork(std::mt19937& random, bool large_maps) : m_random(random)
    {
        m_description.name = "random";
        if (large_maps) {
            m_most_channels = 8;
            m_most_stride = 1;
            m_description.tensors.push_back({"input", {3, pick(20, 40), pick(20, 40)}, -1, {}});
            return;
        }
        // One pixel now and then, as behind a global pooling.
        const bool tiny = pick(0, 9) == 0;
        m_description.tensors.push_back(
            {"input", {pick(1, 20), tiny ? 1 : pick(2, 17), tiny ? 1 : pick(2, 17)}, -1, {}});
    }

    std::shared_ptr<const Network> build()
    {
        const int layers = pick(1, 7);
        for (int i = 0; i < layers; ++i)
            addLayer();
        switch (pick(0, 3)) {
        case 0:
            linear(pick(1, 40), Activation::Relu);
            [[fallthrough]];
        case 1:
            linear(pick(1, 20), Activation::None);
            break;
        default:
            break;
        }
        m_description.output = m_current;
        return std::make_shared<Network>(m_description,
                                         std::make_shared<NetworkParameters>(m_parameters));
    }

private:
    int pick(int low, int high) { return test::pick(m_random, low, high); }
    float number(float low, float high)
    {
        return low + (high - low) * float(m_random() % 4096) / 4095.0F;
    }
    TensorShape shape() const { return m_description.tensors[std::size_t(m_current)].shape; }

    void addLayer()
    {
        switch (pick(0, 9)) {
        case 0:
        case 1:
        case 2:
            return window(LayerKind::Conv, pick(1, m_most_channels));
        case 3:
            return pointwise();
        case 4:
        case 5:
            return window(LayerKind::DepthwiseConv, shape().channels);
        case 6:
            return window(LayerKind::AveragePool, shape().channels);
        case 7:
            return window(LayerKind::MaxPool, shape().channels);
        default:
            return add();
        }
    }

    Activation activation()
    {
        constexpr std::array<Activation, 3> all = {Activation::None, Activation::Relu,
                                                   Activation::Clip};
        return all[std::size_t(pick(0, 2))];
    }

    void pointwise()
    {
        Layer layer;
        layer.kind = LayerKind::Conv;
        layer.geometry.input = shape();
        layer.geometry.output = {pick(1, m_most_channels), shape().height, shape().width};
        finish(layer, {m_current}, activation());
    }

    void window(LayerKind kind, int channels)
    {
        Layer layer;
        layer.kind = kind;
        LayerGeometry& g = layer.geometry;
        g.input = shape();
        const bool pool = kind == LayerKind::AveragePool || kind == LayerKind::MaxPool;
        const bool deep = kind == LayerKind::DepthwiseConv && pick(0, 7) > 0;
        g.kernel_height = pick(deep ? 2 : 1, 4);
        g.kernel_width = pick(0, 2) == 0 ? pick(deep ? 2 : 1, 5) : g.kernel_height;
        g.stride_y = pick(1, m_most_stride);
        g.stride_x = pick(0, 2) == 0 ? pick(1, m_most_stride) : g.stride_y;
        // Poolings have less padding than kernel, as in every framework.
        const int most_y = std::min(2, g.kernel_height - (pool ? 1 : 0));
        const int most_x = std::min(2, g.kernel_width - (pool ? 1 : 0));
        if (pick(0, 3) > 0)
            g.padding = {pick(0, most_y), pick(0, most_x), pick(0, most_y), pick(0, most_x)};
        const int height = g.input.height + g.padding.top + g.padding.bottom - g.kernel_height;
        const int width = g.input.width + g.padding.left + g.padding.right - g.kernel_width;
        if (height < 0 || width < 0)
            return pointwise();
        g.output = {channels, height / g.stride_y + 1, width / g.stride_x + 1};
        finish(layer, {m_current}, pool ? Activation::None : activation());
    }

    /// The latest tensor and an earlier one of its shape; a pointwise layer where there is none.
    void add()
    {
        std::vector<int> others;
        for (int t = 0; t < m_current; ++t)
            if (m_description.tensors[std::size_t(t)].shape == shape())
                others.push_back(t);
        if (others.empty())
            return pointwise();
        Layer layer;
        layer.kind = LayerKind::Add;
        layer.geometry.input = layer.geometry.output = shape();
        const int other = others[std::size_t(pick(0, int(others.size()) - 1))];
        finish(layer, {m_current, other}, pick(0, 1) ? Activation::Relu : Activation::None);
    }

    void linear(int neurons, Activation activation)
    {
        Layer layer;
        layer.kind = LayerKind::Linear;
        layer.geometry.input = {int(shape().elements()), 1, 1};
        layer.geometry.output = {neurons, 1, 1};
        finish(layer, {m_current}, activation);
    }

    void finish(Layer layer, std::vector<int> inputs, Activation activation)
    {
        layer.name = "layer" + std::to_string(m_description.layers.size());
        layer.inputs = std::move(inputs);
        layer.activation = activation;
        layer.clip_max = activation == Activation::Clip ? 6.0F : 0.0F;
        layer.output = int(m_description.tensors.size());
        m_description.tensors.push_back(
            {"t" + std::to_string(layer.output), layer.geometry.output, -1, {}});
        LayerParameters parameters;
        if (layer.hasWeights()) {
            parameters.weights = numbers(std::size_t(layer.weightCount()));
            parameters.bias = numbers(std::size_t(layer.geometry.output.channels));
        }
        m_parameters.layers.push_back(std::move(parameters));
        m_description.layers.push_back(std::move(layer));
        m_current = int(m_description.tensors.size()) - 1;
    }

    std::vector<float> numbers(std::size_t count)
    {
        std::vector<float> values(count);
        std::ranges::generate(values, [this] { return number(-1, 1); });
        return values;
    }

    std::mt19937& m_random;
    NetworkDescription m_description;
    NetworkParameters m_parameters;
    int m_current = 0;
    int m_most_channels = 32;
    int m_most_stride = 3;
};

} // namespace

std::shared_ptr<const Network> randomNetwork(std::mt19937& random, bool large_maps)
{
    return RandomNetwork(random, large_maps).build();
}

BitAssignment randomAssignment(const Network& network, std::mt19937& random)
{
    constexpr std::array<int, 3> widths = {2, 4, 8};
    auto bits = BitAssignment::uniform(network, 8, 8);
    const ActivationGroups groups(network);
    for (int group = 0; group < groups.count(); ++group) {
        const bool pooled = std::ranges::any_of(
            groups.members(group), [&](int tensor) { return touchesMaxPool(network, tensor); });
        const int chosen = widths[random() % 3];
        if (!groups.isFixed(group) && !(pooled && random() % 8 != 0))
            groups.setBits(bits, group, chosen);
    }
    for (int layer = 0; layer < network.layerCount(); ++layer)
        if (network.layer(layer).hasWeights())
            bits.setWeightBits(layer, widths[random() % 3]);
    return bits;
}

} // namespace bitdial::test
