// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>

namespace bitdial {

/// The node's output is the tensor that it reads, shown in another way.
void OnnxReader::show(const onnx::NodeProto& node, OnnxDims dims)
{
    const int tensor = input(node).tensor;
    m_values[node.output(0)] = {tensor, std::move(dims)};
    report(node, NodeFate::PassedThrough, "keeps its input's values");
}

void OnnxReader::passThrough(const onnx::NodeProto& node)
{
    if (!passRowThrough(node))
        show(node, OnnxDims(input(node).dims));
}

/// As passThrough, for a node that was counted as a reader because it might have done something.
void OnnxReader::standAside(const onnx::NodeProto& node)
{
    const OnnxValue in = input(node);
    if (soleProducer(in.tensor))
        m_description.tensors[std::size_t(in.tensor)].name = node.output(0);
    show(node, in.dims);
}

void OnnxReader::dropout(const onnx::NodeProto& node)
{
    if (onnxHasInput(node, 2)) {
        const auto training = constant(node, 2);
        if (!training->values.empty() && training->values[0] != 0)
            throw OnnxRefusal{"it is in training mode; export the network for inference"};
    }
    passThrough(node);
}

void OnnxReader::cast(const onnx::NodeProto& node)
{
    const int type = int(onnxInteger(node, "to", 0));
    if (!isOnnxFloat(type))
        throw OnnxRefusal{"it converts activations to " + onnxTypeName(type)};
    passThrough(node);
    if (type == onnx_float16 || type == onnx_bfloat16)
        m_description.report.back().detail = "evaluated in float, not in " + onnxTypeName(type);
}

void OnnxReader::transpose(const onnx::NodeProto& node)
{
    show(node, transposedView(input(node).dims, onnxIntegers(node, "perm", {})));
    m_description.report.back().detail = "only renames the dimensions";
}

void OnnxReader::reshape(const onnx::NodeProto& node)
{
    const OnnxValue in = input(node);
    if (!onnxHasInput(node, 1))
        throw OnnxRefusal{"its shape is missing"};
    const auto target = m_constants.shape(node.input(1));
    const bool zero_is_a_size = onnxInteger(node, "allowzero", 0) != 0;
    show(node, reshapedView(in.dims, sizesOf(in.tensor), target.values, zero_is_a_size, m_batch));
}

void OnnxReader::flatten(const onnx::NodeProto& node)
{
    show(node, flattenedView(input(node).dims, onnxInteger(node, "axis", 1)));
}

void OnnxReader::squeeze(const onnx::NodeProto& node)
{
    const OnnxValue in = input(node);
    show(node, squeezedView(in.dims, sizesOf(in.tensor), onnxAxes(node, m_constants), m_batch));
}

void OnnxReader::unsqueeze(const onnx::NodeProto& node)
{
    show(node, unsqueezedView(input(node).dims, onnxAxes(node, m_constants)));
}

void OnnxReader::findEnd()
{
    static const std::set<std::string> handing_on = {
        "Identity", "Reshape",   "Squeeze",        "Flatten",         "Unsqueeze",
        "Cast",     "Transpose", "QuantizeLinear", "DequantizeLinear"};
    const std::string* last = &m_graph.output(0).name();
    while (m_at_end.insert(*last).second) {
        const auto maker = m_makers.find(*last);
        if (maker == m_makers.end() || maker->second->input_size() == 0 ||
            !isStandardOnnx(*maker->second) || !handing_on.contains(maker->second->op_type()))
            return;
        last = &maker->second->input(0);
    }
}

void OnnxReader::softmax(const onnx::NodeProto& node)
{
    const OnnxValue in = input(node);
    // Else other nodes would read the values as if the softmax had been applied.
    if (!m_at_end.contains(node.output(0)))
        throw OnnxRefusal{"it is supported only as the network's end"};
    const auto axis = onnxAxis(onnxInteger(node, "axis", m_opset < 13 ? 1 : -1), in.dims.size());
    std::vector<int> over;
    const auto shown = shownDims(in);
    for (std::size_t i = std::size_t(axis); i < shown.size(); ++i)
        if (m_opset < 13 || int(i) == axis) // until opset 13 over all that follows, too
            over.insert(over.end(), shown[i].begin(), shown[i].end());
    std::size_t sample_axes = 0;
    for (const auto& dim : shown)
        sample_axes +=
            std::size_t(std::ranges::count_if(dim, [](int a) { return a != batch_axis; }));
    const bool all =
        std::ranges::find(over, int(batch_axis)) == over.end() && over.size() == sample_axes;
    const bool classes = all || over == std::vector<int>{channel_axis} ||
                         (over.empty() && shapeOf(in.tensor).channels == 1);
    if (!classes)
        throw OnnxRefusal{"it does not normalise over the classes"};
    passThrough(node);
    m_softmax_left_out = true;
    m_description.report.back().detail = "left out: it does not change which class is largest";
}

/// The size of a value, which the nodes behind compute with.
void OnnxReader::shape(const onnx::NodeProto& node)
{
    if (!onnxHasInput(node, 0))
        throw OnnxRefusal{"an input is missing"};
    OnnxShape all;
    if (m_constants.has(node.input(0)))
        for (const auto size : m_constants.get(node.input(0))->sizes)
            all.values.push_back({size, false});
    else {
        const OnnxValue in = input(node);
        all.values = shapeOfView(in.dims, sizesOf(in.tensor));
    }
    const auto rank = std::int64_t(all.values.size());
    const auto bound = [&](const std::string& name, std::int64_t fallback) {
        const auto at = std::clamp(onnxInteger(node, name, fallback), -rank, rank);
        return at < 0 ? at + rank : at;
    };
    const auto start = bound("start", 0);
    const auto end = std::max(start, bound("end", rank));
    all.values = {all.values.begin() + start, all.values.begin() + end};
    m_constants.defineShape(node.output(0), std::move(all));
    report(node, NodeFate::Fused, "a shape, computed beforehand");
}

} // namespace bitdial
