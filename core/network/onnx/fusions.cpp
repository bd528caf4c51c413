// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

/// Beyond, an activation becomes a layer, so that a long row of poolings takes no long search.
constexpr int most_pools_before = 8;

/// Whether the layer's kernels end in an activation.
bool takesActivation(const Layer& layer)
{
    return layer.hasWeights() || layer.kind == LayerKind::Add ||
           layer.kind == LayerKind::AveragePool || layer.kind == LayerKind::Elementwise;
}

/// Lets the layer apply one more activation behind its own, where that is one of ours again.
bool mergeActivation(Layer& layer, Activation kind, float clip_max)
{
    const auto one_sided = [](Activation a) {
        return a == Activation::Relu || a == Activation::Clip;
    };
    if (layer.activation != Activation::None && !(one_sided(layer.activation) && one_sided(kind)))
        return false;
    if (layer.activation == Activation::Clip)
        clip_max = kind == Activation::Clip ? std::min(clip_max, layer.clip_max) : layer.clip_max;
    if (!(layer.activation == Activation::Clip && kind == Activation::Relu))
        layer.activation = kind;
    layer.clip_max = clip_max;
    return true;
}

void checkNorm(const BatchNorm& norm)
{
    for (const float variance : norm.variance)
        if (!(variance + norm.epsilon > 0))
            throw OnnxInvalid{"its variance is negative or not a number"};
}

} // namespace

/// Layer that makes the tensor, if only one node reads it, under whatever alias.
Layer* OnnxReader::soleProducer(int tensor)
{
    const auto readers = m_readers.find(m_description.tensors[std::size_t(tensor)].name);
    const int producer = m_producers[std::size_t(tensor)];
    if (readers == m_readers.end() || readers->second != 1 || producer < 0)
        return nullptr;
    return &m_description.layers[std::size_t(producer)];
}

LayerParameters& OnnxReader::parametersOf(const Layer& layer)
{
    return m_parameters[std::size_t(&layer - m_description.layers.data())];
}

/// The node vanishes; its output is from now on the tensor that it reads.
void OnnxReader::fuse(const onnx::NodeProto& node, const OnnxValue& fused, const std::string& into)
{
    m_description.tensors[std::size_t(fused.tensor)].name = node.output(0);
    m_values[node.output(0)] = OnnxValue(fused);
    report(node, NodeFate::Fused, "into " + onnxQuoted(into));
}

void OnnxReader::batchNorm(const onnx::NodeProto& node)
{
    const OnnxValue in = rowInput(node, 0);
    if (onnxInteger(node, "training_mode", 0) != 0)
        throw OnnxRefusal{"it is in training mode; export the network for inference"};
    if (onnxInteger(node, "spatial", 1) == 0)
        throw OnnxRefusal{"it is not one number per channel (spatial = 0)"};
    const bool row = !isChannelDim(in, in.dims.size() < 2 ? 0 : 1);
    if (row && !isRow(in))
        throw OnnxRefusal{"its input is " + describeView(in.dims) +
                          ", whose dimension 1 is not the channels"};
    const auto channels =
        std::size_t(row ? shapeOf(in.tensor).elements() : shapeOf(in.tensor).channels);
    m_constants.charge(4 * channels * sizeof(float));
    BatchNorm norm;
    norm.epsilon = onnxFloat(node, "epsilon", 1e-5F);
    const auto read = [&](int index) {
        auto values = constant(node, index)->values;
        if (values.size() != channels)
            throw OnnxRefusal{"its input " + std::to_string(index) + " is not one per channel"};
        return values;
    };
    norm.scale = read(1);
    norm.shift = read(2);
    norm.mean = read(3);
    norm.variance = read(4);
    checkNorm(norm);
    Layer* layer = row ? nullptr : soleProducer(in.tensor);
    if (layer && layer->hasWeights() && layer->activation == Activation::None &&
        !parametersOf(*layer).batch_norm) {
        parametersOf(*layer).batch_norm = std::move(norm);
        return fuse(node, in, layer->name);
    }
    std::vector<float> scale(channels);
    std::vector<float> shift(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const double factor =
            norm.scale[c] / std::sqrt(double(norm.variance[c]) + double(norm.epsilon));
        scale[c] = float(factor);
        shift[c] = float(norm.shift[c] - norm.mean[c] * factor);
    }
    if (row || (layer && layer->hasWeights() && layer->activation == Activation::None))
        return affine(node, in, scale, shift);
    LayerParameters p;
    p.batch_norm = std::move(norm);
    const int tensor = identityLayer(node, in.tensor, {}, std::move(p));
    m_values[node.output(0)] = {tensor, in.dims};
    report(node, NodeFate::Quantizable, "depthwise layer of weights 1");
}

/// y = scale * x + shift, one number of each per channel; an empty scale means 1. It goes into the
/// layer before it, or becomes one. A bias that a quantizer describes stays as it is.
void OnnxReader::affine(const onnx::NodeProto& node, const OnnxValue& in, std::vector<float> scale,
                        std::vector<float> shift)
{
    const auto channels = std::size_t(shapeOf(in.tensor).channels);
    if (std::max(scale.size(), shift.size()) > channels || waitsAsRow(node))
        return rowAffine(node, in, {std::move(scale), std::move(shift), nullptr});
    m_constants.charge(4 * channels * sizeof(float));
    shift.resize(channels, 0.0F);
    Layer* layer = soleProducer(in.tensor);
    const bool fused = layer && layer->hasWeights() && layer->activation == Activation::None;
    const bool has_quantized_bias =
        fused && m_quantized_biases.contains(m_producers[std::size_t(in.tensor)]);
    LayerParameters own;
    LayerParameters& p = fused ? parametersOf(*layer) : own;
    if (p.batch_norm) {
        for (std::size_t c = 0; c < channels; ++c) {
            const float factor = scale.empty() ? 1.0F : scale[c];
            p.batch_norm->scale[c] *= factor;
            p.batch_norm->shift[c] = p.batch_norm->shift[c] * factor + shift[c];
        }
    } else if (scale.empty() && !has_quantized_bias) {
        p.bias.resize(channels, 0.0F);
        for (std::size_t c = 0; c < channels; ++c)
            p.bias[c] += shift[c];
    } else {
        scale.resize(channels, 1.0F);
        p.batch_norm =
            BatchNorm{std::move(scale), std::move(shift), std::vector<float>(channels, 0.0F),
                      std::vector<float>(channels, 1.0F), 0.0F};
    }
    if (fused)
        return fuse(node, in, layer->name);
    const int tensor = identityLayer(node, in.tensor, {}, std::move(own));
    m_values[node.output(0)] = {tensor, in.dims};
    report(node, NodeFate::Quantizable, "depthwise layer of weights 1");
}

/// Add, Sum, Sub, Mul and Div: with a constant, or the sum of two activations.
void OnnxReader::arithmetic(const onnx::NodeProto& node)
{
    if (node.input_size() != 2)
        throw OnnxRefusal{"it needs two inputs"};
    const auto& op = node.op_type();
    const bool sum = op == "Add" || op == "Sum";
    const bool first = isConstant(node, 0);
    if (!first && !isConstant(node, 1)) {
        if (!sum)
            refuseProduct(node);
        return add(node);
    }
    const OnnxValue in = rowInput(node, first ? 1 : 0);
    auto numbers = perChannel(*constant(node, first ? 0 : 1), in);
    if (sum)
        return affine(node, in, {}, std::move(numbers));
    if (op == "Mul")
        return affine(node, in, std::move(numbers), {});
    if (op == "Sub") {
        if (first) {
            std::vector<float> minus(numbers.size(), -1.0F);
            return affine(node, in, std::move(minus), std::move(numbers));
        }
        for (auto& number : numbers)
            number = -number;
        return affine(node, in, {}, std::move(numbers));
    }
    if (first)
        throw OnnxRefusal{"a constant divided by an activation is not supported"};
    for (auto& number : numbers) {
        if (number == 0)
            throw OnnxInvalid{"it divides by zero"};
        number = 1 / number;
    }
    affine(node, in, std::move(numbers), {});
}

void OnnxReader::negative(const onnx::NodeProto& node)
{
    const OnnxValue in = rowInput(node, 0);
    const auto channels = std::size_t(shapeOf(in.tensor).channels);
    m_constants.charge(channels * sizeof(float));
    affine(node, in, std::vector<float>(channels, -1.0F), {});
}

/// A max-pooling has no activation on the targets. Where the activation is monotone it gives the
/// same before the pooling: it goes to the layer there, if nothing else reads that layer. An
/// activation that belongs to no layer becomes one.
void OnnxReader::activation(const onnx::NodeProto& node, const OnnxValue& in, Activation kind,
                            float clip_max)
{
    Layer* layer = soleProducer(in.tensor);
    std::string pool;
    const bool monotone = kind != Activation::HardSwish;
    for (int pools = 0; layer && layer->kind == LayerKind::MaxPool; ++pools) {
        pool = layer->name;
        layer = monotone && pools < most_pools_before ? soleProducer(layer->inputs[0]) : nullptr;
    }
    const bool non_negative = kind != Activation::HardSwish;
    if (layer && takesActivation(*layer) && mergeActivation(*layer, kind, clip_max)) {
        m_non_negative[std::size_t(layer->output)] = non_negative;
        m_non_negative[std::size_t(in.tensor)] = non_negative;
        fuse(node, in, layer->name);
        if (!pool.empty())
            m_description.report.back().detail += ", moved before " + onnxQuoted(pool);
        if (kind == Activation::HardSwish || kind == Activation::Sigmoid)
            m_description.report.back().detail += "; evaluated, but the targets have no kernel";
        return;
    }
    Layer own;
    own.kind = LayerKind::Elementwise;
    own.inputs = {in.tensor};
    own.activation = kind;
    own.clip_max = clip_max;
    own.geometry.input = shapeOf(in.tensor);
    const int tensor = append(node, std::move(own), {}, TensorShape(shapeOf(in.tensor)), in.dims);
    m_non_negative[std::size_t(tensor)] = non_negative;
}

void OnnxReader::relu(const onnx::NodeProto& node)
{
    activation(node, input(node), Activation::Relu, 0);
}

void OnnxReader::hardSwish(const onnx::NodeProto& node)
{
    activation(node, input(node), Activation::HardSwish, 0);
}

void OnnxReader::sigmoid(const onnx::NodeProto& node)
{
    activation(node, input(node), Activation::Sigmoid, 0);
}

void OnnxReader::clip(const onnx::NodeProto& node)
{
    if (clipsCodes(node))
        return clipCodes(node);
    const float infinity = std::numeric_limits<float>::infinity();
    const auto bound = [&](int index, const std::string& name, float fallback) {
        if (!onnxHasInput(node, index))
            return onnxFloat(node, name, fallback);
        const auto given = constant(node, index);
        if (given->values.size() != 1)
            throw OnnxRefusal{"its " + name + " is not a single number"};
        return given->values[0];
    };
    const float low = bound(1, "min", -infinity);
    const float high = bound(2, "max", infinity);
    const float largest = std::numeric_limits<float>::max();
    if (low <= -largest && high >= largest)
        return standAside(node);
    const bool from_zero = low == 0 || (low < 0 && m_non_negative[std::size_t(input(node).tensor)]);
    if (!from_zero || !(high > 0))
        throw OnnxRefusal{"only clips from 0 upwards are supported"};
    if (high >= largest)
        activation(node, input(node), Activation::Relu, 0);
    else
        activation(node, input(node), Activation::Clip, high);
}

/// Max(x, 0) is a ReLU; Min(x, c) is a Clip where x is never negative.
void OnnxReader::extremum(const onnx::NodeProto& node)
{
    const bool first = isConstant(node, 0);
    if (node.input_size() != 2 || first == isConstant(node, 1))
        throw OnnxRefusal{"only that of an activation and a constant is supported"};
    const OnnxValue in = input(node, first ? 1 : 0);
    const auto bound = constant(node, first ? 0 : 1);
    if (bound->values.size() != 1 || bound->sizes.size() > in.dims.size())
        throw OnnxRefusal{"its constant is not a single number"};
    const float limit = bound->values[0];
    const bool max = node.op_type() == "Max";
    if (max && limit != 0)
        throw OnnxRefusal{"only the maximum with 0, a ReLU, is supported"};
    if (!max && !(limit > 0 && std::isfinite(limit) && m_non_negative[std::size_t(in.tensor)]))
        throw OnnxRefusal{"only a limit above 0 of values that are never negative is supported"};
    max ? activation(node, in, Activation::Relu, 0) : activation(node, in, Activation::Clip, limit);
}

} // namespace bitdial
