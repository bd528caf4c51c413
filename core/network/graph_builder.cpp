// SPDX-License-Identifier: Apache-2.0
#include "core/network/graph_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace bitdial {
namespace {

/// Zeros before and after, so that a window of `kernel` at `stride` gives ceil(size / stride); the
/// odd one goes after.
std::pair<int, int> samePadding(int size, int kernel, int stride)
{
    const int output = (size + stride - 1) / stride;
    const int total = std::max(0, (output - 1) * stride + kernel - size);
    return {total / 2, total - total / 2};
}

std::pair<int, int> zeros(PaddingRule rule, int size, int kernel, int stride)
{
    if (rule == PaddingRule::Same)
        return samePadding(size, kernel, stride);
    return {kernel / 2, kernel / 2};
}

} // namespace

GraphBuilder::GraphBuilder(std::string name, TensorShape input, PaddingRule padding)
    : m_padding(padding)
{
    m_description.name = std::move(name);
    m_description.tensors.push_back({"input", input, -1, {}});
}

TensorShape GraphBuilder::setWindow(LayerGeometry& g, int kernel_height, int kernel_width,
                                    int stride) const
{
    g.kernel_height = kernel_height;
    g.kernel_width = kernel_width;
    g.stride_y = g.stride_x = stride;
    auto& p = g.padding;
    std::tie(p.top, p.bottom) = zeros(m_padding, g.input.height, kernel_height, stride);
    std::tie(p.left, p.right) = zeros(m_padding, g.input.width, kernel_width, stride);
    return {g.input.channels, (g.input.height + p.top + p.bottom - kernel_height) / stride + 1,
            (g.input.width + p.left + p.right - kernel_width) / stride + 1};
}

int GraphBuilder::append(Layer layer, const TensorShape& shape)
{
    layer.output = int(m_description.tensors.size());
    layer.geometry.output = shape;
    m_description.tensors.push_back({layer.name + ".out", shape, -1, {}});
    m_description.report.push_back({layer.name, layerKindName(layer.kind), NodeFate::Quantizable,
                                    "layer '" + layer.name + "'"});
    m_description.layers.push_back(std::move(layer));
    return m_description.layers.back().output;
}

int GraphBuilder::conv(const std::string& name, int from, const ConvSpec& spec)
{
    Layer layer;
    layer.name = name;
    layer.kind = spec.depthwise ? LayerKind::DepthwiseConv : LayerKind::Conv;
    layer.inputs = {from};
    layer.activation = spec.activation;
    layer.clip_max = spec.clip_max;
    layer.geometry.input = shapeOf(from);
    auto out = setWindow(layer.geometry, spec.kernel,
                         spec.kernel_width == 0 ? spec.kernel : spec.kernel_width, spec.stride);
    out.channels = spec.channels;
    return append(std::move(layer), out);
}

int GraphBuilder::maxPool(const std::string& name, int from, int kernel, int stride)
{
    Layer layer;
    layer.name = name;
    layer.kind = LayerKind::MaxPool;
    layer.inputs = {from};
    layer.geometry.input = shapeOf(from);
    const auto out = setWindow(layer.geometry, kernel, kernel, stride);
    return append(std::move(layer), out);
}

int GraphBuilder::add(const std::string& name, int a, int b, Activation activation)
{
    Layer layer;
    layer.name = name;
    layer.kind = LayerKind::Add;
    layer.inputs = {a, b};
    layer.activation = activation;
    layer.geometry.input = shapeOf(a);
    return append(std::move(layer), TensorShape(shapeOf(a)));
}

int GraphBuilder::globalAveragePool(const std::string& name, int from)
{
    const TensorShape in = shapeOf(from);
    Layer layer;
    layer.name = name;
    layer.kind = LayerKind::AveragePool;
    layer.inputs = {from};
    layer.geometry.input = in;
    layer.geometry.kernel_height = in.height;
    layer.geometry.kernel_width = in.width;
    return append(std::move(layer), {in.channels, 1, 1});
}

int GraphBuilder::linear(const std::string& name, int from, int classes)
{
    Layer layer;
    layer.name = name;
    layer.kind = LayerKind::Linear;
    layer.inputs = {from};
    layer.geometry.input = {int(shapeOf(from).elements()), 1, 1};
    return append(std::move(layer), {classes, 1, 1});
}

NetworkDescription GraphBuilder::finish(int output)
{
    m_description.output = output;
    return std::move(m_description);
}

} // namespace bitdial
