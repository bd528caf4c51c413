// SPDX-License-Identifier: Apache-2.0
#include "core/learning/torch_network.h"

#include "core/network/network_check.h"

#include <ATen/ATen.h>

namespace bitdial {
namespace {

at::Tensor toTensor(const std::vector<float>& values, at::IntArrayRef sizes)
{
    return at::tensor(at::ArrayRef<float>(values), at::kFloat).reshape(sizes);
}

std::vector<float> toVector(const at::Tensor& tensor)
{
    const auto flat = tensor.detach().contiguous();
    const float* data = flat.data_ptr<float>();
    return {data, data + flat.numel()};
}

std::vector<std::int64_t> weightSizes(const Layer& layer)
{
    const auto& g = layer.geometry;
    if (layer.kind == LayerKind::Linear)
        return {g.output.channels, g.input.elements()};
    const int in = layer.kind == LayerKind::DepthwiseConv ? 1 : g.input.channels / g.groups;
    return {g.output.channels, in, g.kernel_height, g.kernel_width};
}

at::Tensor pad(const at::Tensor& x, const Padding& p, double value)
{
    return at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, value);
}

at::Tensor convolve(const Layer& layer, const at::Tensor& x, const at::Tensor& weight,
                    const at::Tensor& bias)
{
    const auto& g = layer.geometry;
    const std::int64_t groups =
        layer.kind == LayerKind::DepthwiseConv ? g.output.channels : g.groups;
    const bool symmetric = g.padding.top == g.padding.bottom && g.padding.left == g.padding.right;
    const at::Tensor input = symmetric ? x : pad(x, g.padding, 0);
    const std::vector<std::int64_t> padding =
        symmetric ? std::vector<std::int64_t>{g.padding.top, g.padding.left}
                  : std::vector<std::int64_t>{0, 0};
    return at::conv2d(input, weight,
                      bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt,
                      {g.stride_y, g.stride_x}, padding, {g.dilation_y, g.dilation_x}, groups);
}

at::Tensor pool(const Layer& layer, const at::Tensor& x)
{
    const auto& g = layer.geometry;
    const std::vector<std::int64_t> kernel = {g.kernel_height, g.kernel_width};
    const std::vector<std::int64_t> stride = {g.stride_y, g.stride_x};
    if (layer.kind == LayerKind::MaxPool)
        return at::max_pool2d(pad(x, g.padding, -std::numeric_limits<double>::infinity()), kernel,
                              stride, {0, 0}, {g.dilation_y, g.dilation_x});
    const auto sum = at::avg_pool2d(pad(x, g.padding, 0), kernel, stride);
    if (g.counts_padding || g.padding == Padding{})
        return sum;
    const auto ones = at::ones({1, 1, x.size(2), x.size(3)}, x.options());
    return sum / at::avg_pool2d(pad(ones, g.padding, 0), kernel, stride);
}

at::Tensor activate(const Layer& layer, at::Tensor x)
{
    if (layer.activation == Activation::Relu)
        return at::relu(x);
    if (layer.activation == Activation::Clip)
        return at::clamp(x, 0, layer.clip_max);
    if (layer.activation == Activation::HardSwish)
        return at::hardswish(x);
    if (layer.activation == Activation::Sigmoid)
        return at::sigmoid(x);
    return x;
}

} // namespace

TorchNetwork::TorchNetwork(std::shared_ptr<const Network> network,
                           const NetworkParameters& parameters)
    : m_network(std::move(network))
{
    checkSupported(*m_network);
    for (int i = 0; i < m_network->layerCount(); ++i) {
        const auto& layer = m_network->layer(i);
        const auto& from = parameters.layers[std::size_t(i)];
        const std::int64_t channels = layer.geometry.output.channels;
        LayerTensors to;
        if (layer.hasWeights())
            to.weight = toTensor(from.weights, weightSizes(layer));
        if (!from.bias.empty())
            to.bias = toTensor(from.bias, {channels});
        if (from.batch_norm) {
            to.norm_scale = toTensor(from.batch_norm->scale, {channels});
            to.norm_shift = toTensor(from.batch_norm->shift, {channels});
            to.norm_mean = toTensor(from.batch_norm->mean, {channels});
            to.norm_variance = toTensor(from.batch_norm->variance, {channels});
            to.epsilon = double(from.batch_norm->epsilon);
        }
        m_layers.push_back(std::move(to));
    }
}

at::Tensor TorchNetwork::runLinear(int index, const std::vector<at::Tensor>& values, bool training,
                                   const ForwardHooks& hooks)
{
    const auto& layer = m_network->layer(index);
    const auto& tensors = m_layers[std::size_t(index)];
    const auto& x = values[std::size_t(layer.inputs[0])];
    at::Tensor y;
    if (layer.kind == LayerKind::Add) {
        at::Tensor a = x;
        at::Tensor b = values[std::size_t(layer.inputs[1])];
        if (hooks.add_operand) {
            a = hooks.add_operand(index, 0, a);
            b = hooks.add_operand(index, 1, b);
        }
        y = a + b;
    } else if (layer.kind == LayerKind::Concat) {
        std::vector<at::Tensor> parts;
        for (const int t : layer.inputs)
            parts.push_back(values[std::size_t(t)]);
        y = at::cat(parts, 1);
    } else if (layer.kind == LayerKind::Elementwise) {
        y = x;
    } else if (!layer.hasWeights()) {
        y = pool(layer, x);
    } else {
        const at::Tensor weight =
            hooks.weight ? hooks.weight(index, tensors.weight) : tensors.weight;
        const at::Tensor bias =
            hooks.bias && tensors.bias.defined() ? hooks.bias(index, tensors.bias) : tensors.bias;
        if (layer.kind == LayerKind::Linear) {
            y = at::matmul(x.flatten(1), weight.t());
            if (bias.defined())
                y = y + bias;
            y = y.reshape({y.size(0), y.size(1), 1, 1});
        } else {
            y = convolve(layer, x, weight, bias);
        }
        if (tensors.norm_scale.defined())
            y = at::batch_norm(y, tensors.norm_scale, tensors.norm_shift, tensors.norm_mean,
                               tensors.norm_variance, training, 0.1, tensors.epsilon, false);
    }
    return y;
}

at::Tensor TorchNetwork::layer(int index, const std::vector<at::Tensor>& values,
                               const ForwardHooks& hooks)
{
    return activate(m_network->layer(index), runLinear(index, values, false, hooks));
}

at::Tensor TorchNetwork::beforeActivation(int index, const std::vector<at::Tensor>& values)
{
    return runLinear(index, values, false, {});
}

at::Tensor TorchNetwork::foldedWeight(int index) const
{
    const auto& tensors = m_layers[std::size_t(index)];
    if (!tensors.norm_scale.defined())
        return tensors.weight;
    std::vector<std::int64_t> sizes(std::size_t(tensors.weight.dim()), 1);
    sizes[0] = tensors.weight.size(0);
    const auto gain = tensors.norm_scale / (tensors.norm_variance + tensors.epsilon).sqrt();
    return tensors.weight * gain.reshape(sizes);
}

void TorchNetwork::setLayer(int index, const at::Tensor& weight, const at::Tensor& bias)
{
    m_layers[std::size_t(index)] = LayerTensors{weight, bias, {}, {}, {}, {}, 0};
}

at::Tensor TorchNetwork::forward(const at::Tensor& input, bool training, const ForwardHooks& hooks)
{
    std::vector<at::Tensor> values(std::size_t(m_network->tensorCount()));
    std::vector<int> uses(std::size_t(m_network->tensorCount()), 0);
    const auto seen = [&](int tensor, const at::Tensor& value) {
        return hooks.activation ? hooks.activation(tensor, value) : value;
    };
    values[std::size_t(m_network->input())] = seen(m_network->input(), input);
    for (int i = 0; i < m_network->layerCount(); ++i) {
        const auto& layer = m_network->layer(i);
        values[std::size_t(layer.output)] =
            seen(layer.output, activate(layer, runLinear(i, values, training, hooks)));
        // Free values after their last use: an evaluation's memory stays small.
        for (const int t : layer.inputs)
            if (++uses[std::size_t(t)] == int(m_network->tensor(t).consumers.size()) &&
                t != m_network->output())
                values[std::size_t(t)] = at::Tensor();
    }
    return values[std::size_t(m_network->output())].flatten(1);
}

std::vector<at::Tensor> TorchNetwork::trainable() const
{
    std::vector<at::Tensor> all;
    for (const auto& layer : m_layers)
        for (const auto* t : {&layer.weight, &layer.bias, &layer.norm_scale, &layer.norm_shift})
            if (t->defined())
                all.push_back(*t);
    return all;
}

void TorchNetwork::setRequiresGrad(bool required)
{
    for (const auto& tensor : trainable())
        tensor.set_requires_grad(required);
}

std::shared_ptr<const NetworkParameters> TorchNetwork::snapshot() const
{
    auto parameters = std::make_shared<NetworkParameters>();
    for (const auto& from : m_layers) {
        LayerParameters to;
        if (from.weight.defined())
            to.weights = toVector(from.weight);
        if (from.bias.defined())
            to.bias = toVector(from.bias);
        if (from.norm_scale.defined())
            to.batch_norm = BatchNorm{toVector(from.norm_scale), toVector(from.norm_shift),
                                      toVector(from.norm_mean), toVector(from.norm_variance),
                                      float(from.epsilon)};
        parameters->layers.push_back(std::move(to));
    }
    return parameters;
}

} // namespace bitdial
