// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_reader.h"
#include "core/network/onnx_windows.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <limits>

namespace bitdial {

/// Layer that makes the tensor, if only one node reads it, under whatever alias.
Layer* OnnxReader::soleProducer(int tensor)
{
    const auto readers = m_readers.find(m_description.tensors[std::size_t(tensor)].name);
    if (readers == m_readers.end() || readers->second != 1)
        return nullptr;
    for (auto& layer : m_description.layers)
        if (layer.output == tensor)
            return &layer;
    return nullptr;
}

/// The node vanishes; its output is from now on the tensor that it reads.
void OnnxReader::fuse(const onnx::NodeProto& node, int tensor, const std::string& into)
{
    m_description.tensors[std::size_t(tensor)].name = node.output(0);
    m_tensor_of[node.output(0)] = tensor;
    report(node, NodeFate::Fused, "into '" + into + "'");
}

LayerParameters& OnnxReader::parametersOf(const Layer& layer)
{
    return m_parameters[std::size_t(&layer - m_description.layers.data())];
}

void OnnxReader::batchNorm(const onnx::NodeProto& node)
{
    const int tensor = inputTensor(node);
    Layer* layer = soleProducer(tensor);
    if (!layer || !layer->hasWeights() || layer->activation != Activation::None ||
        parametersOf(*layer).batch_norm)
        throw OnnxRefusal{
            "it does not directly follow a convolution or linear layer whose result only it reads"};
    parametersOf(*layer).batch_norm = BatchNorm{
        constantInput(node, 1).values, constantInput(node, 2).values, constantInput(node, 3).values,
        constantInput(node, 4).values, onnxFloat(node, "epsilon", 1e-5F)};
    fuse(node, tensor, layer->name);
}

/// A max-pooling has no activation on the targets. The activation is monotone, so it gives the same
/// before the pooling: it goes to the layer there, if nothing else reads that layer.
void OnnxReader::activation(const onnx::NodeProto& node, Activation kind, float clip_max)
{
    const int tensor = inputTensor(node);
    Layer* layer = soleProducer(tensor);
    if (!layer)
        throw OnnxRefusal{"it does not directly follow a layer whose result only it reads"};
    std::string pool;
    while (layer->kind == LayerKind::MaxPool) {
        pool = layer->name;
        layer = soleProducer(layer->inputs[0]);
        if (!layer)
            throw OnnxRefusal{"the target kernels have no max-pooling with an activation, and it "
                              "cannot move before '" +
                              pool + "', which is not the only reader of a layer's result"};
    }
    if (layer->activation != Activation::None)
        throw OnnxRefusal{"'" + layer->name + "' has an activation already"};
    layer->activation = kind;
    layer->clip_max = clip_max;
    fuse(node, tensor, layer->name);
    if (!pool.empty())
        m_description.report.back().detail += ", moved before '" + pool + "'";
}

void OnnxReader::relu(const onnx::NodeProto& node)
{
    activation(node, Activation::Relu, 0);
}

void OnnxReader::clip(const onnx::NodeProto& node)
{
    const float infinity = std::numeric_limits<float>::infinity();
    const auto bound = [&](int index, const std::string& name, float fallback) {
        if (hasInput(node, index)) {
            const auto& values = constantInput(node, index).values;
            return values.empty() ? fallback : values[0];
        }
        return onnxFloat(node, name, fallback);
    };
    const float low = bound(1, "min", -infinity);
    const float high = bound(2, "max", infinity);
    if (low != 0 || !(high > 0))
        throw OnnxRefusal{"only clips from 0 upwards are supported"};
    if (std::isinf(high))
        activation(node, Activation::Relu, 0);
    else
        activation(node, Activation::Clip, high);
}

/// The bias of a MatMul written as an Add of its own.
bool OnnxReader::addBias(const onnx::NodeProto& node)
{
    for (int i = 0; i < 2; ++i) {
        const auto constant = m_constants.find(node.input(i));
        if (constant == m_constants.end())
            continue;
        const int tensor = inputTensor(node, 1 - i);
        Layer* layer = soleProducer(tensor);
        if (!layer || layer->kind != LayerKind::Linear || layer->activation != Activation::None ||
            !parametersOf(*layer).bias.empty() || parametersOf(*layer).batch_norm)
            throw OnnxRefusal{"adding a constant is supported only as the bias of a linear layer"};
        parametersOf(*layer).bias = constant->second.values;
        fuse(node, tensor, layer->name);
        return true;
    }
    return false;
}

void OnnxReader::passThrough(const onnx::NodeProto& node)
{
    m_tensor_of[node.output(0)] = inputTensor(node);
    report(node, NodeFate::PassedThrough, "keeps its input's values");
}

void OnnxReader::reshape(const onnx::NodeProto& node)
{
    const auto& shape = shapeOf(inputTensor(node));
    const auto& sizes = constantInput(node, 1).values;
    const auto elements = double(shape.elements());
    const bool flat = (sizes.size() == 2 && (sizes[1] == -1 || double(sizes[1]) == elements)) ||
                      (sizes.size() == 4 && sizes[1] == float(shape.channels) &&
                       shape.height == 1 && shape.width == 1);
    if (!flat)
        throw OnnxRefusal{"only a reshape to N x features is supported"};
    passThrough(node);
}

void OnnxReader::flatten(const onnx::NodeProto& node)
{
    if (onnxInteger(node, "axis", 1) != 1)
        throw OnnxRefusal{"only axis 1 is supported"};
    passThrough(node);
}

void OnnxReader::squeeze(const onnx::NodeProto& node)
{
    const auto& shape = shapeOf(inputTensor(node));
    if (shape.height != 1 || shape.width != 1)
        throw OnnxRefusal{"only maps of one pixel can be squeezed"};
    passThrough(node);
}

void OnnxReader::softmax(const onnx::NodeProto& node)
{
    if (m_graph.output_size() != 1 || node.output(0) != m_graph.output(0).name())
        throw OnnxRefusal{"it is supported only as the network's end"};
    passThrough(node);
    m_description.report.back().detail = "left out: it does not change which class is largest";
}

void OnnxReader::constant(const onnx::NodeProto& node)
{
    report(node, NodeFate::Fused, "constant of the nodes that read it");
}

} // namespace bitdial
