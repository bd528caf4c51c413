// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/quantization_state.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

namespace bitdial::test {

/// Builds small networks with random numbers. Methods return the index of the tensor they made.
class NetworkBuilder {
public:
    explicit NetworkBuilder(TensorShape input, unsigned seed = 1) : m_random(seed)
    {
        m_description.name = "fixture";
        m_description.tensors.push_back({"input", input, -1, {}});
    }

    int conv(int from, int channels, int kernel, int stride, Padding padding, Activation activation)
    {
        return window(LayerKind::Conv, {from}, channels, kernel, stride, padding, activation);
    }
    int depthwise(int from, int kernel, int stride, Padding padding, Activation activation)
    {
        return window(LayerKind::DepthwiseConv, {from}, shape(from).channels, kernel, stride,
                      padding, activation);
    }
    int add(int a, int b, Activation activation)
    {
        return window(LayerKind::Add, {a, b}, shape(a).channels, 1, 1, {}, activation);
    }
    int averagePool(int from, int kernel, int stride, Padding padding = {})
    {
        return window(LayerKind::AveragePool, {from}, shape(from).channels, kernel, stride, padding,
                      Activation::None);
    }
    int maxPool(int from, int kernel, int stride, Padding padding = {})
    {
        return window(LayerKind::MaxPool, {from}, shape(from).channels, kernel, stride, padding,
                      Activation::None);
    }
    int linear(int from, int neurons, Activation activation)
    {
        Layer layer;
        layer.kind = LayerKind::Linear;
        layer.inputs = {from};
        layer.geometry.input = {int(shape(from).elements()), 1, 1};
        layer.geometry.output = {neurons, 1, 1};
        layer.activation = activation;
        return finish(layer, false);
    }
    std::shared_ptr<const Network> build(int output)
    {
        m_description.output = output;
        return std::make_shared<Network>(m_description,
                                         std::make_shared<NetworkParameters>(m_parameters));
    }
    float number(float low, float high)
    {
        return std::uniform_real_distribution<float>(low, high)(m_random);
    }
    TensorShape shape(int tensor) const { return m_description.tensors[std::size_t(tensor)].shape; }
    LayerParameters& parameters() { return m_parameters.layers.back(); } ///< of the latest layer

private:
    int window(LayerKind kind, std::vector<int> inputs, int channels, int kernel, int stride,
               Padding padding, Activation activation)
    {
        Layer layer;
        layer.kind = kind;
        layer.inputs = std::move(inputs);
        auto& g = layer.geometry;
        g.input = shape(layer.inputs[0]);
        g.kernel_height = g.kernel_width = kernel;
        g.stride_y = g.stride_x = stride;
        g.padding = padding;
        g.output = {channels, (g.input.height + padding.top + padding.bottom - kernel) / stride + 1,
                    (g.input.width + padding.left + padding.right - kernel) / stride + 1};
        layer.activation = activation;
        return finish(layer, true);
    }
    int finish(Layer layer, bool batch_norm)
    {
        layer.name = "layer" + std::to_string(m_description.layers.size());
        layer.clip_max = layer.activation == Activation::Clip ? 6.0F : 0.0F;
        layer.output = int(m_description.tensors.size());
        m_description.tensors.push_back(
            {"t" + std::to_string(layer.output), layer.geometry.output, -1, {}});
        m_parameters.layers.push_back(randomParameters(layer, batch_norm));
        m_description.layers.push_back(std::move(layer));
        return int(m_description.tensors.size()) - 1;
    }
    LayerParameters randomParameters(const Layer& layer, bool batch_norm)
    {
        LayerParameters p;
        if (!layer.hasWeights())
            return p;
        const auto channels = std::size_t(layer.geometry.output.channels);
        p.weights = numbers(std::size_t(layer.weightCount()), -1, 1);
        p.bias = numbers(channels, -0.5F, 0.5F);
        if (batch_norm) {
            p.batch_norm =
                BatchNorm{numbers(channels, -1, 1.5F), numbers(channels, -0.5F, 0.5F),
                          numbers(channels, -0.5F, 0.5F), numbers(channels, 0.5F, 3), 1e-3F};
        }
        return p;
    }
    std::vector<float> numbers(std::size_t count, float low, float high)
    {
        std::vector<float> values(count);
        std::ranges::generate(values, [&] { return number(low, high); });
        return values;
    }

    std::mt19937 m_random;
    NetworkDescription m_description;
    NetworkParameters m_parameters;
};

/// A network with every kind of layer, odd sizes, strides, padding on some sides only, signed and
/// unsigned adds, and a linear layer over a map (5 classes).
inline std::shared_ptr<const Network> everyKindNetwork(unsigned seed)
{
    const Padding same = {1, 1, 1, 1};
    NetworkBuilder b({3, 11, 9}, seed);
    const int stem = b.conv(0, 7, 3, 2, same, Activation::Relu);
    const int deep = b.depthwise(stem, 3, 1, same, Activation::Clip);
    const int left = b.conv(deep, 6, 1, 1, {}, Activation::None);
    const int right = b.conv(stem, 6, 3, 1, same, Activation::None);
    const int signed_sum = b.add(left, right, Activation::None);
    const int block = b.conv(signed_sum, 6, 3, 1, same, Activation::Relu);
    const int relu_sum = b.add(signed_sum, left, Activation::Relu);
    const int unsigned_sum = b.add(block, relu_sum, Activation::Relu);
    const int mixed_sum = b.add(unsigned_sum, right, Activation::Relu);
    const int pooled = b.maxPool(mixed_sum, 3, 2, {1, 1, 0, 1});
    const int strided = b.depthwise(pooled, 3, 2, {0, 1, 1, 0}, Activation::None);
    const int average = b.averagePool(strided, 2, 1, {1, 0, 0, 1});
    const int hidden = b.linear(average, 9, Activation::Relu);
    return b.build(b.linear(hidden, 5, Activation::None));
}

/// All tensors of the float network for one input, in C,H,W order; plain loops in double.
std::vector<std::vector<double>> floatForward(const Network& network,
                                              const std::vector<float>& input);

/// Ranges from a few random inputs: per-tensor maxima, per-channel weight maxima.
QuantizationState calibrated(const Network& network, const BitAssignment& bits,
                             const std::vector<std::vector<float>>& inputs);

/// Random inputs; in [0, 1] or, when signed, in [-1, 1].
std::vector<std::vector<float>> randomInputs(const Network& network, int count, bool is_signed,
                                             unsigned seed);

} // namespace bitdial::test
