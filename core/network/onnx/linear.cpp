// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <numeric>

namespace bitdial {
namespace {

constexpr std::int64_t largest_outputs = 1 << 20;

/// For every input of the file's matrix its place in C, H, W order. `axes` is the file's order.
std::vector<std::size_t> canonicalPlaces(const std::vector<int>& axes, const OnnxAxisSizes& sizes)
{
    std::vector<std::size_t> stride(sizes.size(), 0);
    std::size_t step = 1;
    for (int axis = width_axis; axis >= channel_axis; --axis)
        if (std::ranges::find(axes, axis) != axes.end()) {
            stride[std::size_t(axis)] = step;
            step *= std::size_t(sizes[std::size_t(axis)]);
        }
    std::vector<std::size_t> places = {0};
    for (const int axis : axes) {
        std::vector<std::size_t> longer;
        longer.reserve(places.size() * std::size_t(sizes[std::size_t(axis)]));
        for (const auto place : places)
            for (std::int64_t i = 0; i < sizes[std::size_t(axis)]; ++i)
                longer.push_back(place + std::size_t(i) * stride[std::size_t(axis)]);
        places = std::move(longer);
    }
    return places;
}

/// A matrix as O x I with its inputs in C, H, W order.
std::vector<float> arranged(const OnnxConstant& matrix, bool transposed,
                            const std::vector<std::size_t>& places)
{
    const std::size_t inputs = places.size();
    const std::size_t outputs = matrix.values.size() / inputs;
    std::vector<float> weights(matrix.values.size());
    for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t i = 0; i < inputs; ++i)
            weights[o * inputs + places[i]] =
                matrix.values[transposed ? o * inputs + i : i * outputs + o];
    return weights;
}

/// Whether the bias is what the constant gives: one number for each output, or for all.
bool holds(const std::vector<float>& bias, const OnnxConstant& constant)
{
    if (constant.values.size() == bias.size())
        return bias == constant.values;
    return constant.values.size() == 1 &&
           std::ranges::all_of(bias, [&](float value) { return value == constant.values[0]; });
}

} // namespace

/// `transposed`: the matrix is O x I in the file; its numbers are multiplied by `factor`.
void OnnxReader::linear(const onnx::NodeProto& node, OnnxConstant weight, bool transposed,
                        std::vector<float> bias, float factor)
{
    const auto row_affine = takeRowAffine(node);
    const OnnxValue in = input(node);
    const auto sizes = sizesOf(in.tensor);
    const auto shown = shownDims(in);
    if (weight.sizes.size() != 2 || shown.empty())
        throw OnnxRefusal{"its weight is not a matrix, or its input a single number"};
    const auto outputs = weight.sizes[transposed ? 0 : 1];
    const auto inputs = weight.sizes[transposed ? 1 : 0];
    const auto& axes = shown.back();
    std::int64_t elements = 1;
    for (const int axis : axes)
        elements *= sizes[std::size_t(axis)];
    if (std::ranges::find(axes, int(batch_axis)) != axes.end() || elements != inputs)
        throw OnnxRefusal{"its weight takes " + std::to_string(inputs) + " inputs, its input is " +
                          describeView(in.dims) + " and has " + std::to_string(elements)};
    if (outputs < 1 || outputs > largest_outputs ||
        (!bias.empty() && bias.size() != std::size_t(outputs)))
        throw OnnxRefusal{"its bias is not one per output, or it has too many outputs"};
    LayerParameters p;
    const auto places = canonicalPlaces(axes, sizes);
    if (!transposed || !std::ranges::is_sorted(places)) {
        const auto bytes = weight.values.size() * sizeof(float);
        m_constants.charge(bytes);
        weight.values = arranged(weight, transposed, places);
        m_constants.giveBack(bytes);
    }
    p.weights = std::move(weight.values);
    p.bias = std::move(bias);
    bool is_changed = factor != 1;
    if (is_changed)
        for (auto& value : p.weights)
            value *= factor;
    if (row_affine) {
        applyRowAffine(*row_affine, places, p);
        is_changed = is_changed ||
                     std::ranges::any_of(row_affine->scale, [](float scale) { return scale != 1; });
    }
    const bool whole = elements == shapeOf(in.tensor).elements();
    if (!whole) {
        if (axes != std::vector<int>{channel_axis} &&
            !(axes.empty() && shapeOf(in.tensor).channels == 1))
            throw OnnxRefusal{"it mixes " + describeView({axes}) + " of " + describeView(in.dims) +
                              "; only all numbers of a sample or the channels are supported"};
        pointwise(node, in, std::move(p), int(outputs));
    } else {
        Layer layer;
        layer.kind = LayerKind::Linear;
        layer.inputs = {in.tensor};
        layer.geometry.input = {int(inputs), 1, 1};
        OnnxDims dims = in.dims;
        dims.back().clear(); // its axes are of size 1 from now on
        const std::size_t last = dims.size() - 1;
        dims = withChannelsAt(std::move(dims), last);
        append(node, std::move(layer), std::move(p), {int(outputs), 1, 1}, dims);
    }
    noteQuantizer(weight, false, is_changed);
}

/// A matrix applied to the channels of every pixel.
void OnnxReader::pointwise(const onnx::NodeProto& node, const OnnxValue& in,
                           LayerParameters parameters, int outputs)
{
    Layer layer;
    layer.kind = LayerKind::Conv;
    layer.inputs = {in.tensor};
    layer.geometry.input = shapeOf(in.tensor);
    const OnnxDims dims = withChannelsAt(in.dims, in.dims.size() - 1);
    TensorShape out = layer.geometry.input;
    out.channels = outputs;
    append(node, std::move(layer), std::move(parameters), out, dims);
}

void OnnxReader::gemm(const onnx::NodeProto& node)
{
    if (onnxInteger(node, "transA", 0) != 0)
        throw OnnxRefusal{"transA is not supported: it would mix the samples of a batch"};
    if (!isConstant(node, 1))
        constant(node, 1); // says why
    const float alpha = onnxFloat(node, "alpha", 1);
    const float beta = onnxFloat(node, "beta", 1);
    const bool transposed = onnxInteger(node, "transB", 0) != 0;
    if (rowInput(node, 0).dims.size() != 2)
        throw OnnxRefusal{"its input is not a matrix"};
    std::vector<float> bias;
    std::shared_ptr<const OnnxConstant> c;
    if (onnxHasInput(node, 2))
        c = constant(node, 2);
    auto weight = m_constants.take(node.input(1));
    if (c && weight.sizes.size() == 2) {
        const auto outputs = std::size_t(
            std::clamp<std::int64_t>(weight.sizes[transposed ? 0 : 1], 0, largest_outputs));
        const bool row = c->sizes.size() < 2 || (c->sizes.size() == 2 && c->sizes[0] == 1);
        if (!row || (c->values.size() != outputs && c->values.size() != 1))
            throw OnnxRefusal{"its input C is not one number per output"};
        m_constants.charge(outputs * sizeof(float));
        bias.assign(outputs, c->values[0]);
        if (c->values.size() == outputs)
            bias = c->values;
    }
    for (auto& value : bias)
        value *= beta;
    linear(node, std::move(weight), transposed, std::move(bias), alpha);
    if (c)
        noteQuantizer(*c, true, !holds(m_parameters.back().bias, *c));
}

void OnnxReader::matMul(const onnx::NodeProto& node)
{
    if (!isConstant(node, 1))
        constant(node, 1); // says why
    if (rowInput(node, 0).dims.size() < 2)
        throw OnnxRefusal{"its input is no matrix"};
    linear(node, m_constants.take(node.input(1)), false, {}, 1);
}

} // namespace bitdial
