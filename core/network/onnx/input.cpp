// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>

namespace bitdial {
namespace {

constexpr std::int64_t largest_size = 1 << 16;
constexpr int largest_traced_nodes = 64;

/// Which of the input's dimensions are channels, height and width: found by following the input
/// to the first node that says so, a convolution or pooling, through nodes that only reorder it.
class InputTrace {
public:
    InputTrace(const std::vector<std::int64_t>& sizes, OnnxBatch batch, OnnxConstants& constants)
        : m_sizes(sizes), m_batch(batch), m_constants(constants)
    {
        m_sizes[0] = 1;
    }

    void follow(const std::string& input, const std::vector<const onnx::NodeProto*>& nodes)
    {
        OnnxDims dims;
        for (int i = 0; i < int(m_sizes.size()); ++i)
            dims.push_back({i});
        m_views[input] = dims;
        int traced = 0;
        for (const auto* node : nodes) {
            if (node->input_size() == 0 || node->output_size() == 0)
                continue;
            const auto* seen = viewOf(*node);
            if (!seen)
                continue;
            if (++traced > largest_traced_nodes)
                return;
            try {
                if (tells(*node, *seen))
                    return;
                m_views[node->output(0)] = after(*node, OnnxDims(*seen));
            } catch (const OnnxRefusal&) {
                continue; // the reader will say so, where it matters
            }
        }
    }

    bool isFound() const { return m_found; }
    /// Canonical axis of each of the input's dimensions.
    const std::vector<int>& axes() const { return m_axes; }
    /// Sizes of the dimensions, the batch's 1. They are those of a Reshape right behind an input
    /// of one row, which then is the input proper.
    const std::vector<std::int64_t>& sizes() const { return m_sizes; }
    bool isReshaped() const { return m_reshaped; }

private:
    const OnnxDims* viewOf(const onnx::NodeProto& node) const
    {
        for (const auto& name : node.input())
            if (const auto found = m_views.find(name); found != m_views.end())
                return &found->second;
        return nullptr;
    }

    bool tells(const onnx::NodeProto& node, const OnnxDims& dims)
    {
        if (dims.size() < 3 || dims.size() > 4)
            return false;
        const int channels = channelDim(node, dims.size());
        if (channels < 0)
            return false;
        std::vector<int> axes(m_sizes.size(), channel_axis);
        axes[0] = batch_axis;
        for (std::size_t i = 1; i < dims.size(); ++i)
            for (const int position : dims[i]) {
                if (dims[i].size() > 1 || position == 0)
                    return false;
                const bool last = i + (channels == int(dims.size()) - 1 ? 2 : 1) == dims.size();
                axes[std::size_t(position)] = int(i) == channels         ? channel_axis
                                              : dims.size() == 3 || last ? width_axis
                                                                         : height_axis;
            }
        std::set<int> distinct;
        std::vector<int> left;
        for (int position = 1; position < int(m_sizes.size()); ++position)
            if (!contains(dims, position))
                left.push_back(position); // of size 1: any axis that is not taken
            else
                distinct.insert(axes[std::size_t(position)]);
        for (const int position : left)
            for (const int axis : {channel_axis, height_axis, width_axis})
                if (distinct.insert(axis).second) {
                    axes[std::size_t(position)] = axis;
                    break;
                }
        m_axes = axes;
        m_found = distinct.size() + 1 == m_sizes.size();
        return m_found;
    }

    /// The dimension that an operator takes as the channels; -1 where it does not tell.
    int channelDim(const onnx::NodeProto& node, std::size_t rank)
    {
        static const std::set<std::string> operators = {
            "Conv",         "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization",
            "GlobalMaxPool"};
        if (operators.contains(node.op_type()))
            return 1;
        if (node.op_type() == "MatMul" && onnxHasInput(node, 1) && !m_views.contains(node.input(1)))
            return int(rank) - 1;
        if (node.op_type() == "Concat")
            return onnxAxis(onnxInteger(node, "axis", 1), rank);
        std::set<int> others = {0};
        if (node.op_type() == "Pad")
            others.merge(paddedDims(node));
        else if (node.op_type() != "ReduceMean")
            return -1;
        else
            for (const auto axis : axesOf(node))
                others.insert(onnxAxis(axis, rank));
        for (int dim = 1; dim < int(rank); ++dim)
            if (others.size() + 1 == rank && !others.contains(dim))
                return dim;
        return -1;
    }

    std::set<int> paddedDims(const onnx::NodeProto& node)
    {
        if (onnxHasInput(node, 3) || (onnxHasInput(node, 1) && !m_constants.has(node.input(1))))
            return {};
        const auto pads = onnxHasInput(node, 1) ? m_constants.integers(node.input(1))
                                                : onnxIntegers(node, "pads", {});
        std::set<int> dims;
        for (std::size_t i = 0; i < pads.size(); ++i)
            if (pads[i] != 0)
                dims.insert(int(i % std::max<std::size_t>(1, pads.size() / 2)));
        return dims;
    }

    static bool contains(const OnnxDims& dims, int position)
    {
        return std::ranges::any_of(
            dims, [&](const auto& dim) { return std::ranges::find(dim, position) != dim.end(); });
    }

    OnnxDims after(const onnx::NodeProto& node, const OnnxDims& dims)
    {
        const auto& op = node.op_type();
        if (op == "Transpose")
            return transposedView(dims, onnxIntegers(node, "perm", {}));
        if (op == "Squeeze")
            return squeezedView(dims, m_sizes, axesOf(node), m_batch);
        if (op == "Unsqueeze")
            return unsqueezedView(dims, axesOf(node));
        if (op == "Reshape")
            return reshaped(node, dims);
        if (!keepsOnnxShape(op) && op != "Identity" && op != "Dropout" && op != "Pad" &&
            op != "Concat") // the last two change sizes, not the order of the dimensions
            throw OnnxRefusal{"it is not followed"};
        return dims;
    }

    std::vector<std::int64_t> axesOf(const onnx::NodeProto& node)
    {
        if (onnxHasInput(node, 1) && !m_constants.has(node.input(1)))
            throw OnnxRefusal{"its axes are not known yet"};
        return onnxAxes(node, m_constants);
    }

    OnnxDims reshaped(const onnx::NodeProto& node, const OnnxDims& dims)
    {
        if (!onnxHasInput(node, 1) || !m_constants.has(node.input(1)))
            throw OnnxRefusal{"its shape is not known yet"};
        const auto shape = m_constants.shape(node.input(1)).values;
        const bool zero_is_a_size = onnxInteger(node, "allowzero", 0) != 0;
        try {
            return reshapedView(dims, m_sizes, shape, zero_is_a_size, m_batch);
        } catch (const OnnxRefusal&) {
            if (m_reshaped || m_sizes.size() != 2 || dims != OnnxDims{{0}, {1}} ||
                shape.size() < 3 || shape.size() > 4)
                throw;
        }
        // A row that is given its shape at once: that is the shape of the input.
        std::int64_t all = 1;
        std::vector<std::int64_t> sizes = {1};
        OnnxDims result = {{0}};
        for (std::size_t i = 1; i < shape.size(); ++i) {
            if (shape[i].value < 1 || shape[i].value > largest_size)
                throw OnnxRefusal{"its shape is out of range"};
            sizes.push_back(shape[i].value);
            all *= shape[i].value;
            result.push_back({int(i)});
        }
        if (all != m_sizes[1])
            throw OnnxRefusal{"its sizes do not hold as many numbers as its input"};
        m_sizes = sizes;
        m_reshaped = true;
        return result;
    }

    std::vector<std::int64_t> m_sizes;
    OnnxBatch m_batch;
    OnnxConstants& m_constants;
    std::unordered_map<std::string, OnnxDims> m_views;
    std::vector<int> m_axes;
    bool m_found = false;
    bool m_reshaped = false;
};

/// The axes of an input of which nothing is known: channels first.
std::vector<int> usualAxes(std::size_t rank)
{
    if (rank == 4)
        return {batch_axis, channel_axis, height_axis, width_axis};
    if (rank == 3)
        return {batch_axis, channel_axis, width_axis};
    return {batch_axis, channel_axis};
}

} // namespace

void OnnxReader::readInput()
{
    std::vector<const onnx::ValueInfoProto*> inputs;
    std::string names;
    for (const auto& candidate : m_graph.input()) {
        if (m_constants.has(candidate.name()))
            continue;
        inputs.push_back(&candidate);
        if (names.size() < 1000)
            names += (names.empty() ? "" : ", ") + onnxQuoted(candidate.name());
    }
    if (inputs.size() != 1)
        fail("graph", inputs.empty() ? "it has no input"
                                     : "it has several inputs (" + names + "), expected one");
    const auto& type = inputs[0]->type().tensor_type();
    const std::string place = "input " + onnxQuoted(inputs[0]->name());
    const int rank = type.shape().dim_size();
    if (!type.has_shape() || rank < 2 || rank > 4)
        fail(place, "it has " + std::to_string(rank) +
                        " dimensions; expected N x C x H x W, N x H x W x C, N x C x L or N x F");
    std::vector<std::int64_t> sizes;
    for (int i = 0; i < rank; ++i) {
        const auto& dim = type.shape().dim(i);
        sizes.push_back(dim.dim_value());
        if (i > 0 && dim.dim_value() < 1)
            fail(place, "its dimension " + std::to_string(i) +
                            (dim.has_dim_param() ? " (" + onnxQuoted(dim.dim_param()) + ")" : "") +
                            " is not fixed; export the file with a value for it (only the batch, "
                            "dimension 0, may be free)");
        if (dim.dim_value() > largest_size)
            fail(place, "its size " + std::to_string(dim.dim_value()) + " is out of range");
    }
    m_batch = sizes[0] < 1 ? -1 : sizes[0];
    placeInput(*inputs[0], sizes);
}

void OnnxReader::placeInput(const onnx::ValueInfoProto& input,
                            const std::vector<std::int64_t>& sizes)
{
    InputTrace trace(sizes, m_batch, m_constants);
    trace.follow(input.name(), m_order.nodes);
    const auto axes = trace.isFound() ? trace.axes() : usualAxes(trace.sizes().size());
    OnnxAxisSizes placed = {1, 1, 1, 1};
    OnnxDims dims;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        placed[std::size_t(axes[i])] = i == 0 ? 1 : trace.sizes()[i];
        dims.push_back({axes[i]});
    }
    if (trace.isReshaped()) {
        OnnxDims row = {{batch_axis}, {}};
        row[1].insert(row[1].end(), axes.begin() + 1, axes.end());
        dims = row;
    }
    m_description.tensors.push_back(
        {input.name(),
         {int(placed[channel_axis]), int(placed[height_axis]), int(placed[width_axis])},
         -1,
         {}});
    m_producers.push_back(-1);
    m_non_negative.push_back(false);
    m_description.input = 0;
    m_values[input.name()] = {0, dims};
    std::string detail = "read as " + describeView(dims);
    if (m_batch > 0)
        detail += "; its fixed batch of " + std::to_string(m_batch) + " is taken as any batch";
    m_description.report.push_back({input.name(), "Input", NodeFate::PassedThrough, detail});
}

} // namespace bitdial
