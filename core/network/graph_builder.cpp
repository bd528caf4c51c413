// SPDX-License-Identifier: Apache-2.0
#include "core/network/graph_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace bitdial {
namespace {

/// Zeros before and after, so that a window of `kernel` at `stride` gives ceil(size / stride); the
/// odd one goes after (TensorFlow's SAME).
std::pair<int, int> samePadding(int size, int kernel, int stride)
{
    const int output = (size + stride - 1) / stride;
    const int total = std::max(0, (output - 1) * stride + kernel - size);
    return {total / 2, total - total / 2};
}

} // namespace

GraphBuilder::GraphBuilder(std::string name, TensorShape input)
{
    m_description.name = std::move(name);
    m_description.tensors.push_back({"input", input, -1, {}});
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
    const TensorShape in = shapeOf(from);
    Layer layer;
    layer.name = name;
    layer.kind = spec.depthwise ? LayerKind::DepthwiseConv : LayerKind::Conv;
    layer.inputs = {from};
    layer.activation = spec.activation;
    layer.clip_max = spec.clip_max;
    auto& g = layer.geometry;
    g.input = in;
    g.kernel_height = g.kernel_width = spec.kernel;
    g.stride_y = g.stride_x = spec.stride;
    std::tie(g.padding.top, g.padding.bottom) = samePadding(in.height, spec.kernel, spec.stride);
    std::tie(g.padding.left, g.padding.right) = samePadding(in.width, spec.kernel, spec.stride);
    return append(std::move(layer), {spec.channels, (in.height + spec.stride - 1) / spec.stride,
                                     (in.width + spec.stride - 1) / spec.stride});
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
