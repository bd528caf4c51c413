// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_reader.h"
#include "core/network/onnx_windows.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {

void OnnxReader::append(const onnx::NodeProto& node, Layer layer, LayerParameters parameters,
                        const TensorShape& shape)
{
    layer.name = nodeName(node);
    layer.output = int(m_description.tensors.size());
    layer.geometry.output = shape;
    m_description.tensors.push_back({node.output(0), shape, -1, {}});
    m_tensor_of[node.output(0)] = layer.output;
    report(node, NodeFate::Quantizable, std::string(layerKindName(layer.kind)) + " layer");
    m_description.layers.push_back(std::move(layer));
    m_parameters.push_back(std::move(parameters));
}

void OnnxReader::conv(const onnx::NodeProto& node)
{
    const auto& weight = constantInput(node, 1);
    if (weight.sizes.size() != 4)
        throw OnnxRefusal{"its weight is not O x I x kH x kW"};
    Layer layer;
    layer.inputs = {inputTensor(node)};
    auto& g = layer.geometry;
    g.input = shapeOf(layer.inputs[0]);
    const auto group = onnxInteger(node, "group", 1);
    const bool depthwise = group > 1;
    const std::int64_t in = g.input.channels;
    if (depthwise && (group != in || weight.sizes[0] != in || weight.sizes[1] != 1))
        throw OnnxRefusal{"grouped convolution other than depthwise is not supported"};
    if (!depthwise && weight.sizes[1] != in)
        throw OnnxRefusal{"its weight takes " + std::to_string(weight.sizes[1]) +
                          " channels, its input has " + std::to_string(in)};
    if (weight.sizes[2] < 1 || weight.sizes[3] < 1 || weight.sizes[0] < 1)
        throw OnnxRefusal{"its weight is empty"};
    layer.kind = depthwise ? LayerKind::DepthwiseConv : LayerKind::Conv;
    g.kernel_height = int(weight.sizes[2]);
    g.kernel_width = int(weight.sizes[3]);
    LayerParameters p;
    p.weights = weight.values;
    if (hasInput(node, 2))
        p.bias = constantInput(node, 2).values;
    const TensorShape out = applyOnnxWindow(node, g, int(weight.sizes[0]));
    append(node, std::move(layer), std::move(p), out);
}

void OnnxReader::linear(const onnx::NodeProto& node, bool transposed, std::vector<float> bias)
{
    const auto& weight = constantInput(node, 1);
    if (weight.sizes.size() != 2)
        throw OnnxRefusal{"its weight is not a matrix"};
    Layer layer;
    layer.kind = LayerKind::Linear;
    layer.inputs = {inputTensor(node)};
    const auto rows = std::size_t(weight.sizes[0]);
    const auto columns = std::size_t(weight.sizes[1]);
    LayerParameters p;
    p.bias = std::move(bias);
    if (transposed) {
        p.weights = weight.values;
    } else {
        p.weights.resize(weight.values.size());
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c)
                p.weights[c * rows + r] = weight.values[r * columns + c];
    }
    layer.geometry.input = {int(transposed ? columns : rows), 1, 1};
    const int outputs = int(transposed ? rows : columns);
    append(node, std::move(layer), std::move(p), {outputs, 1, 1});
}

void OnnxReader::gemm(const onnx::NodeProto& node)
{
    if (onnxFloat(node, "alpha", 1) != 1 || onnxFloat(node, "beta", 1) != 1 ||
        onnxInteger(node, "transA", 0) != 0)
        throw OnnxRefusal{"alpha, beta and transA other than the defaults are not supported"};
    linear(node, onnxInteger(node, "transB", 0) != 0,
           hasInput(node, 2) ? constantInput(node, 2).values : std::vector<float>{});
}

void OnnxReader::matMul(const onnx::NodeProto& node)
{
    linear(node, false, {});
}

void OnnxReader::add(const onnx::NodeProto& node)
{
    if (node.input_size() != 2)
        throw OnnxRefusal{"it needs two inputs"};
    if (addBias(node))
        return;
    Layer layer;
    layer.kind = LayerKind::Add;
    layer.inputs = {inputTensor(node, 0), inputTensor(node, 1)};
    const TensorShape shape = shapeOf(layer.inputs[0]);
    if (shapeOf(layer.inputs[1]) != shape)
        throw OnnxRefusal{"its operands differ in shape"};
    layer.geometry.input = shape;
    append(node, std::move(layer), {}, shape);
}

void OnnxReader::windowPool(const onnx::NodeProto& node)
{
    Layer layer;
    layer.kind = node.op_type() == "MaxPool" ? LayerKind::MaxPool : LayerKind::AveragePool;
    layer.inputs = {inputTensor(node)};
    auto& g = layer.geometry;
    g.input = shapeOf(layer.inputs[0]);
    applyOnnxKernelShape(node, g);
    const TensorShape out = applyOnnxWindow(node, g, g.input.channels);
    if (layer.kind == LayerKind::AveragePool && g.padding != Padding{} &&
        onnxInteger(node, "count_include_pad", 0) == 0)
        throw OnnxRefusal{"padding that does not count is not supported by the target kernels"};
    append(node, std::move(layer), {}, out);
}

void OnnxReader::globalPool(const onnx::NodeProto& node)
{
    Layer layer;
    layer.kind = LayerKind::AveragePool;
    layer.inputs = {inputTensor(node)};
    auto& g = layer.geometry;
    g.input = shapeOf(layer.inputs[0]);
    g.kernel_height = g.input.height;
    g.kernel_width = g.input.width;
    const TensorShape out{g.input.channels, 1, 1};
    append(node, std::move(layer), {}, out);
}

void OnnxReader::reduceMean(const onnx::NodeProto& node)
{
    auto axes = onnxIntegers(node, "axes", {});
    if (axes.empty() && hasInput(node, 1))
        for (const float axis : constantInput(node, 1).values)
            axes.push_back(std::int64_t(axis));
    for (auto& axis : axes)
        axis = axis < 0 ? axis + 4 : axis;
    std::ranges::sort(axes);
    if (axes != std::vector<std::int64_t>{2, 3})
        throw OnnxRefusal{"only the mean over height and width is supported"};
    globalPool(node);
}

} // namespace bitdial
