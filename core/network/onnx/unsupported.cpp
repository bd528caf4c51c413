// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::int64_t largest_size = std::int64_t(1) << 20;

} // namespace

/// The node becomes unsupported layers where its results' shapes are known; else they are unknown.
void OnnxReader::recordUnsupported(const onnx::NodeProto& node, const std::string& why)
{
    if (standIn(node, why))
        return;
    report(node, NodeFate::Unsupported, why);
}

/// Says which product of two activations this is.
void OnnxReader::refuseProduct(const onnx::NodeProto& node)
{
    const auto maker = [&](const std::string& name) {
        const auto found = m_makers.find(name);
        return found == m_makers.end() ? nullptr : found->second;
    };
    const bool same_size = shapeOf(input(node, 0).tensor) == shapeOf(input(node, 1).tensor);
    throw OnnxRefusal{
        whyNoOnnxProduct(maker(node.input(0)), maker(node.input(1)), node, same_size)};
}

/// The last node of a channel shuffle: its result has its first one's shape.
void OnnxReader::shuffle(const onnx::NodeProto& node, const OnnxValue& in)
{
    const auto sizes = sizesOf(in.tensor);
    const auto target = onnxHasInput(node, 1) ? m_constants.shape(node.input(1)) : OnnxShape{};
    const bool zero_is_a_size = onnxInteger(node, "allowzero", 0) != 0;
    const auto shown = reshapedView(in.dims, sizes, target.values, zero_is_a_size, m_batch);
    if (withoutUnitAxes(shown, sizes) != shownDims(in)) {
        m_patterns.shuffles.erase(node.output(0)); // its result is not of that shape
        throw OnnxRefusal{"it regroups the channels and gives another shape"};
    }
    throw OnnxRefusal{"this is a channel shuffle (Reshape, Transpose, Reshape), which has no "
                      "kernel on the targets"};
}

/// A layer for each of the node's results that is read. False when one's shape is not known.
bool OnnxReader::standIn(const onnx::NodeProto& node, const std::string& why)
{
    std::vector<int> inputs;
    bool all = true;
    const auto* source = node.output_size() == 1 ? m_patterns.source(node.output(0)) : nullptr;
    if (source && m_values.contains(*source))
        inputs.push_back(m_values.at(*source).tensor);
    for (const auto& name : node.input())
        if (const auto known = m_values.find(name); known != m_values.end() && !source)
            inputs.push_back(known->second.tensor);
    for (int i = 0; i < node.output_size(); ++i) {
        const auto& output = node.output(i);
        if (output.empty() || (i > 0 && !m_readers.contains(output)))
            continue;
        if (inputs.empty() || !standInFor(node, output, inputs)) {
            m_unknown.insert(output);
            m_values.erase(output);
            all = false;
        }
    }
    if (all)
        report(node, NodeFate::Unsupported, why);
    return all;
}

/// From the file's own list of shapes; N x C x H x W where it has four.
bool OnnxReader::declaredShape(const std::string& output, TensorShape& shape, OnnxDims& dims) const
{
    const auto info = m_infos.find(output);
    if (info == m_infos.end() || !info->second->type().tensor_type().has_shape())
        return false;
    const auto& declared = info->second->type().tensor_type().shape();
    const int rank = declared.dim_size();
    if (rank < 2 || rank > 4)
        return false;
    std::vector<int> sizes;
    for (int i = 1; i < rank; ++i) {
        const auto size = declared.dim(i).dim_value();
        if (size < 1 || size > largest_size)
            return false;
        sizes.push_back(int(size));
    }
    dims = {{batch_axis}, {channel_axis}};
    if (rank == 4)
        dims.push_back({height_axis});
    if (rank >= 3)
        dims.push_back({width_axis});
    shape = {sizes[0], rank == 4 ? sizes[1] : 1, rank == 2 ? 1 : sizes.back()};
    return true;
}

bool OnnxReader::standInFor(const onnx::NodeProto& node, const std::string& output,
                            const std::vector<int>& inputs)
{
    TensorShape shape;
    OnnxDims dims;
    if (const auto shuffled = m_patterns.shuffles.find(output);
        shuffled != m_patterns.shuffles.end()) {
        const OnnxValue& in = m_values.at(shuffled->second);
        shape = shapeOf(in.tensor);
        dims = in.dims;
    } else if (node.output_size() == 1 && keepsOnnxShape(node.op_type())) {
        for (const auto& name : node.input()) {
            const auto known = m_values.find(name);
            if (known == m_values.end())
                continue;
            const auto& candidate = shapeOf(known->second.tensor);
            if (candidate.elements() > shape.elements()) { // the other one is broadcast
                shape = candidate;
                dims = known->second.dims;
            }
        }
    } else if (!declaredShape(output, shape, dims)) {
        return false;
    }
    if (shape.channels == 0)
        return false;
    Layer layer;
    layer.kind = LayerKind::Unsupported;
    layer.name = uniqueName(output == node.output(0) ? onnxNodeName(node) : output);
    layer.inputs = inputs;
    layer.geometry.input = shapeOf(inputs[0]);
    try {
        const int tensor = appendLayer(std::move(layer), {}, shape, output);
        m_values[output] = {tensor, dims};
        return true;
    } catch (const OnnxRefusal&) {
        return false; // its size is out of range
    }
}

} // namespace bitdial
