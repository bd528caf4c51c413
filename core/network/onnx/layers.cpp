// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"
#include "core/network/onnx/windows.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>

namespace bitdial {
namespace {

constexpr std::int64_t largest_map = std::int64_t(1) << 31;
constexpr int largest_size = 1 << 20;

bool isPool(const Layer& layer)
{
    return layer.kind == LayerKind::MaxPool || layer.kind == LayerKind::AveragePool;
}

} // namespace

std::string OnnxReader::uniqueName(const std::string& name)
{
    std::string unique = name;
    for (int i = 2; !m_layer_names.insert(unique).second; ++i)
        unique = name + "." + std::to_string(i);
    return unique;
}

int OnnxReader::appendLayer(Layer layer, LayerParameters parameters, const TensorShape& shape,
                            const std::string& output)
{
    if (std::max({shape.channels, shape.height, shape.width}) > largest_size ||
        std::min({shape.channels, shape.height, shape.width}) < 1 || shape.elements() > largest_map)
        throw OnnxRefusal{"the size of its result is out of range"};
    layer.output = int(m_description.tensors.size());
    layer.geometry.output = shape;
    bool non_negative = isPool(layer) || layer.kind == LayerKind::Concat;
    for (const int tensor : layer.inputs)
        non_negative = non_negative && m_non_negative[std::size_t(tensor)];
    m_non_negative.push_back(non_negative);
    m_producers.push_back(int(m_description.layers.size()));
    m_description.tensors.push_back({output, shape, -1, {}});
    m_description.layers.push_back(std::move(layer));
    m_parameters.push_back(std::move(parameters));
    return int(m_description.tensors.size()) - 1;
}

int OnnxReader::append(const onnx::NodeProto& node, Layer layer, LayerParameters parameters,
                       const TensorShape& shape, const OnnxDims& dims)
{
    layer.name = uniqueName(onnxNodeName(node));
    const std::string kind = layerKindName(layer.kind);
    const int tensor = appendLayer(std::move(layer), std::move(parameters), shape, node.output(0));
    m_values[node.output(0)] = {tensor, dims};
    const auto reason = m_description.layers.back().whyNotQuantizable();
    report(node, reason.empty() ? NodeFate::Quantizable : NodeFate::PassedThrough,
           kind + " layer" + (reason.empty() ? "" : ", evaluated in float only: " + reason));
    return tensor;
}

/// The input of a convolution or pooling: N x C x H x W, or N x C x length. Padding that waits
/// before it is left to the caller.
OnnxReader::MapInput OnnxReader::mapInput(const onnx::NodeProto& node)
{
    MapInput in;
    if (onnxHasInput(node, 0)) {
        const auto pending = m_pads.find(node.input(0));
        if (pending != m_pads.end() && !m_unknown.contains(node.input(0))) {
            in.pad = &pending->second;
            in.value = m_values.at(node.input(0));
        }
    }
    if (!in.pad)
        in.value = input(node);
    in.shape = shapeOf(in.value.tensor);
    const auto sizes = sizesOf(in.value.tensor);
    const auto shown = shownDims(in.value);
    // The input's own view may lack an axis of size 1, which the layer's result has in full.
    const auto is = [&](const OnnxDims& dims) {
        const bool same = shown == withoutUnitAxes(dims, sizes);
        if (same)
            in.value.dims = dims;
        return same;
    };
    if (is({{batch_axis}, {channel_axis}, {height_axis}, {width_axis}}))
        return in;
    if (in.shape.height == 1 && is({{batch_axis}, {channel_axis}, {width_axis}}))
        return in;
    if (in.shape.width == 1 && is({{batch_axis}, {channel_axis}, {height_axis}})) {
        in.along_height = true;
        return in;
    }
    throw OnnxRefusal{"its input is " + describeView(in.value.dims) + ", expected N x C x H x W"};
}

/// Adds the padding of a Pad node to the layer's own, or makes the Pad a layer where the two are
/// not the same kind of padding.
void OnnxReader::mergePad(const onnx::NodeProto& node, const MapInput& in, Layer& layer)
{
    if (!in.pad)
        return;
    auto& g = layer.geometry;
    const Padding& p = in.pad->padding;
    const Padding own = g.padding;
    const Padding both = {own.top + p.top, own.left + p.left, own.bottom + p.bottom,
                          own.right + p.right};
    bool merges = in.pad->value == 0;
    if (layer.kind == LayerKind::MaxPool) {
        // What a pooling pads with never wins, so that every window must hold a number proper.
        const bool smaller =
            std::max(both.top, both.bottom) <= (g.kernel_height - 1) * g.dilation_y &&
            std::max(both.left, both.right) <= (g.kernel_width - 1) * g.dilation_x;
        const bool lowest = in.pad->value <= std::numeric_limits<float>::lowest();
        merges = smaller &&
                 (lowest || (in.pad->value <= 0 && m_non_negative[std::size_t(in.value.tensor)]));
    }
    if (layer.kind == LayerKind::AveragePool)
        merges = merges && g.counts_padding;
    if (!merges) {
        layer.inputs = {input(node).tensor};
        return;
    }
    m_description.report[in.pad->report].detail =
        "as padding into " + onnxQuoted(onnxNodeName(node));
    g.padding = both;
    g.input = shapeOf(layer.inputs[0]);
}

/// Keeps the quantizer of the last layer's weights or bias, unless these no longer are what it
/// gave: then the layer's report says so.
void OnnxReader::noteQuantizer(const OnnxConstant& constant, bool is_bias, bool is_changed)
{
    if (constant.quantizer < 0)
        return;
    if (is_changed) {
        m_description.report.back().detail +=
            std::string("; the quantizer before it does not describe its ") +
            (is_bias ? "bias" : "weights") + ", into which numbers are folded";
        return;
    }
    auto quantizer = m_quantizations[std::size_t(constant.quantizer)].quantizer;
    quantizer.layer = int(m_description.layers.size()) - 1;
    quantizer.is_bias = is_bias;
    quantizer.axis = constant.quantized_axis;
    if (is_bias)
        m_quantized_biases.insert(quantizer.layer);
    m_description.quantizers.push_back(std::move(quantizer));
    int index = constant.quantizer;
    while (index >= 0 && !m_quantizations[std::size_t(index)].is_kept) {
        m_quantizations[std::size_t(index)].is_kept = true;
        index = m_quantizations[std::size_t(index)].before;
    }
}

/// A constant's quantizer is kept only where a layer has the numbers that it gave.
void OnnxReader::reportLostQuantizers()
{
    for (const auto& quantization : m_quantizations)
        if (quantization.report >= 0 && !quantization.is_kept)
            m_description.report[std::size_t(quantization.report)].detail =
                "computed beforehand; its bits and scale are not kept, because no layer has its "
                "numbers as weights or bias unchanged";
}

void OnnxReader::conv(const onnx::NodeProto& node)
{
    const MapInput in = mapInput(node);
    const OnnxWindowForm form{int(in.value.dims.size()), in.along_height};
    if (!isConstant(node, 1))
        constant(node, 1); // says why
    const auto bias = onnxHasInput(node, 2) ? constant(node, 2) : nullptr;
    Layer layer;
    layer.inputs = {in.value.tensor};
    auto& g = layer.geometry;
    g.input = in.shape;
    if (in.pad) {
        g.input.height += in.pad->padding.top + in.pad->padding.bottom;
        g.input.width += in.pad->padding.left + in.pad->padding.right;
    }
    const auto group = onnxInteger(node, "group", 1);
    auto weight = m_constants.take(node.input(1));
    const std::int64_t channels = in.shape.channels;
    if (int(weight.sizes.size()) != form.rank || group < 1 || channels % group != 0 ||
        weight.sizes[1] != channels / group || weight.sizes[0] < 1 ||
        weight.sizes[0] % group != 0 || weight.sizes[0] > largest_size)
        throw OnnxRefusal{"its weight does not fit an input of " + std::to_string(channels) +
                          " channels in " + std::to_string(group) + " groups"};
    const bool depthwise = group > 1 && group == channels && weight.sizes[0] == channels;
    layer.kind = depthwise ? LayerKind::DepthwiseConv : LayerKind::Conv;
    g.groups = depthwise ? 1 : int(group);
    const std::vector<std::int64_t> kernel(weight.sizes.begin() + 2, weight.sizes.end());
    if (onnxIntegers(node, "kernel_shape", kernel) != kernel)
        throw OnnxRefusal{"its kernel_shape is not its weight's"};
    applyOnnxKernel(kernel, form, g);
    if (bias && bias->values.size() != std::size_t(weight.sizes[0]))
        throw OnnxRefusal{"its bias is not one per channel"};
    Padding none;
    const TensorShape out = applyOnnxWindow(node, form, g, int(weight.sizes[0]), none);
    mergePad(node, in, layer);
    LayerParameters p;
    p.weights = std::move(weight.values);
    if (bias)
        p.bias = bias->values;
    append(node, std::move(layer), std::move(p), out, in.value.dims);
    noteQuantizer(weight, false, false);
    if (bias)
        noteQuantizer(*bias, true, false);
}

void OnnxReader::windowPool(const onnx::NodeProto& node)
{
    const MapInput in = mapInput(node);
    const OnnxWindowForm form{int(in.value.dims.size()), in.along_height};
    Layer layer;
    layer.kind = node.op_type() == "MaxPool" ? LayerKind::MaxPool : LayerKind::AveragePool;
    layer.inputs = {in.value.tensor};
    auto& g = layer.geometry;
    g.input = in.shape;
    if (in.pad) {
        g.input.height += in.pad->padding.top + in.pad->padding.bottom;
        g.input.width += in.pad->padding.left + in.pad->padding.right;
    }
    applyOnnxKernel(onnxIntegers(node, "kernel_shape", {}), form, g);
    Padding before;
    const TensorShape out = applyOnnxWindow(node, form, g, g.input.channels, before);
    const auto& p = g.padding;
    const int span_y = (g.kernel_height - 1) * g.dilation_y + 1;
    const int span_x = (g.kernel_width - 1) * g.dilation_x + 1;
    if (std::max(p.top, p.bottom) >= span_y || std::max(p.left, p.right) >= span_x)
        throw OnnxRefusal{"its padding is as large as its window"};
    mergePad(node, in, layer);
    if (before != Padding{}) {
        layer.inputs = {identityLayer(node, layer.inputs[0], before, {})};
        m_description.tensors.back().name += ".padded";
    }
    append(node, std::move(layer), {}, out, in.value.dims);
}

void OnnxReader::globalPool(const onnx::NodeProto& node)
{
    input(node); // with any padding before it as a layer
    const MapInput in = mapInput(node);
    Layer layer;
    layer.kind = node.op_type() == "GlobalMaxPool" ? LayerKind::MaxPool : LayerKind::AveragePool;
    layer.inputs = {in.value.tensor};
    auto& g = layer.geometry;
    g.input = in.shape;
    g.kernel_height = in.shape.height;
    g.kernel_width = in.shape.width;
    append(node, std::move(layer), {}, {in.shape.channels, 1, 1}, in.value.dims);
}

/// The mean over height, width or both is an average pooling.
void OnnxReader::reduce(const onnx::NodeProto& node)
{
    const OnnxValue in = input(node);
    const auto shape = shapeOf(in.tensor);
    auto axes = onnxAxes(node, m_constants);
    if (axes.empty() && onnxInteger(node, "noop_with_empty_axes", 0) != 0)
        return standAside(node);
    if (axes.empty())
        throw OnnxRefusal{"it averages over the batch"};
    std::vector<bool> reduced(in.dims.size(), false);
    std::vector<bool> gone(4, false);
    for (const auto axis : axes)
        reduced[std::size_t(onnxAxis(axis, in.dims.size()))] = true;
    OnnxDims dims;
    for (std::size_t i = 0; i < in.dims.size(); ++i) {
        if (!reduced[i] || onnxInteger(node, "keepdims", 1) != 0)
            dims.push_back(in.dims[i]); // of size 1 from now on, where it is reduced
        if (reduced[i])
            for (const int axis : in.dims[i])
                gone[std::size_t(axis)] = true;
    }
    if (gone[batch_axis] || (gone[channel_axis] && shape.channels > 1))
        throw OnnxRefusal{"it averages over the batch or the channels; only height and width are "
                          "supported"};
    Layer layer;
    layer.kind = LayerKind::AveragePool;
    layer.inputs = {in.tensor};
    auto& g = layer.geometry;
    g.input = shape;
    g.kernel_height = gone[height_axis] ? shape.height : 1;
    g.kernel_width = gone[width_axis] ? shape.width : 1;
    append(node, std::move(layer), {},
           {shape.channels, shape.height - g.kernel_height + 1, shape.width - g.kernel_width + 1},
           dims);
}

void OnnxReader::add(const onnx::NodeProto& node)
{
    const OnnxValue a = input(node, 0);
    const OnnxValue b = input(node, 1);
    Layer layer;
    layer.kind = LayerKind::Add;
    layer.inputs = {a.tensor, b.tensor};
    const TensorShape shape = shapeOf(a.tensor);
    if (shapeOf(b.tensor) != shape || shownDims(a) != shownDims(b))
        throw OnnxRefusal{"its operands differ in shape or in the order of their dimensions"};
    layer.geometry.input = shape;
    append(node, std::move(layer), {}, shape, a.dims);
}

/// Along the channels, in whatever order the file shows them: the slowest axis of the joined
/// dimension must be the channels, and all else must agree.
void OnnxReader::concat(const onnx::NodeProto& node)
{
    Layer layer;
    layer.kind = LayerKind::Concat;
    OnnxDims common;
    OnnxDims shown; // with the axes of size 1
    std::int64_t channels = 0;
    TensorShape shape;
    for (int i = 0; i < node.input_size(); ++i) {
        const OnnxValue in = input(node, i);
        const auto& part = shapeOf(in.tensor);
        const auto axis = std::size_t(onnxAxis(onnxInteger(node, "axis", 1), in.dims.size()));
        auto dims = shownDims(in);
        if (part.channels == 1)
            dims[axis].insert(dims[axis].begin(), channel_axis);
        if (dims[axis].empty() || dims[axis][0] != channel_axis)
            throw OnnxRefusal{"it joins " + describeView(in.dims) + " along dimension " +
                              std::to_string(axis) + "; only channels can be joined"};
        if (i == 0) {
            common = dims;
            shape = part;
            shown = withChannelsAt(in.dims, axis);
        }
        if (dims != common || part.height != shape.height || part.width != shape.width)
            throw OnnxRefusal{"its operands differ in shape or in the order of their dimensions"};
        channels += part.channels;
        layer.inputs.push_back(in.tensor);
    }
    if (layer.inputs.empty() || channels > largest_size)
        throw OnnxRefusal{"the size of its result is out of range"};
    layer.geometry.input = shape;
    append(node, std::move(layer), {}, {int(channels), shape.height, shape.width}, shown);
}

} // namespace bitdial
