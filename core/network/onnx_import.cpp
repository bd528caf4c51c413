// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/onnx_tensors.h"
#include "core/network/open_network.h"

#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

namespace bitdial {
namespace {

constexpr int OldestOpset = 7;
constexpr int NewestOpset = 21;

/// Turns one ONNX graph into layers. Nodes are taken in file order, which ONNX requires to be
/// topological; each ends in the report.
class OnnxReader {
public:
    OnnxReader(const onnx::ModelProto& model, std::string where)
        : m_graph(model.graph()),
          m_where(std::move(where)),
          m_constants(readOnnxConstants(model.graph(), m_where))
    {
        m_description.name = m_graph.name().empty() ? m_where : m_graph.name();
        for (const auto& node : m_graph.node())
            for (const auto& input : node.input())
                ++m_uses[input];
        for (const auto& output : m_graph.output())
            ++m_uses[output.name()];
    }

    std::shared_ptr<const Network> read()
    {
        readInput();
        for (const auto& node : m_graph.node())
            readNode(node);
        if (m_graph.output_size() != 1)
            fail("graph",
                 "it has " + std::to_string(m_graph.output_size()) + " outputs, expected one");
        m_description.output = tensorOf(m_graph.output(0).name(), "the graph's output");
        auto parameters = std::make_shared<NetworkParameters>();
        parameters->layers = std::move(m_parameters);
        return std::make_shared<Network>(std::move(m_description), std::move(parameters));
    }

private:
    using Handler = void (OnnxReader::*)(const onnx::NodeProto&);

    [[noreturn]] void fail(const std::string& place, const std::string& why) const
    {
        throw Error(ErrorCode::BadInput, "The ONNX network cannot be read", m_where + ": " + place,
                    why,
                    "Change the network or export it again; `inspect` lists what is supported");
    }
    [[noreturn]] void failNode(const onnx::NodeProto& node, const std::string& why) const
    {
        fail("node '" + nodeName(node) + "' (" + node.op_type() + ")", why);
    }

    static std::string nodeName(const onnx::NodeProto& node)
    {
        if (!node.name().empty())
            return node.name();
        return node.output_size() > 0 ? node.output(0) : node.op_type();
    }

    void report(const onnx::NodeProto& node, NodeFate fate, const std::string& detail)
    {
        m_description.report.push_back({nodeName(node), node.op_type(), fate, detail});
    }

    void readInput()
    {
        const onnx::ValueInfoProto* input = nullptr;
        for (const auto& candidate : m_graph.input()) {
            if (m_constants.contains(candidate.name()))
                continue;
            if (input)
                fail("graph", "it has several inputs");
            input = &candidate;
        }
        if (!input)
            fail("graph", "it has no input");
        const auto& shape = input->type().tensor_type().shape();
        if (shape.dim_size() != 4)
            fail("input '" + input->name() + "'", "its shape is not N x C x H x W");
        std::int64_t sizes[3];
        for (int i = 0; i < 3; ++i) {
            sizes[i] = shape.dim(i + 1).dim_value();
            if (sizes[i] < 1 || sizes[i] > 1 << 16)
                fail("input '" + input->name() + "'", "its size is not fixed or out of range");
        }
        const TensorShape t{int(sizes[0]), int(sizes[1]), int(sizes[2])};
        m_description.tensors.push_back({input->name(), t, -1, {}});
        m_tensor_of[input->name()] = 0;
        m_description.input = 0;
    }

    int tensorOf(const std::string& value, const std::string& who) const
    {
        const auto found = m_tensor_of.find(value);
        if (found == m_tensor_of.end())
            fail(who, "it reads '" + value + "', which no earlier supported node makes");
        return found->second;
    }

    int inputTensor(const onnx::NodeProto& node, int index = 0) const
    {
        if (node.input_size() <= index)
            failNode(node, "an input is missing");
        return tensorOf(node.input(index), "node '" + nodeName(node) + "'");
    }

    const OnnxConstant& constantInput(const onnx::NodeProto& node, int index) const
    {
        const auto found =
            index < node.input_size() ? m_constants.find(node.input(index)) : m_constants.end();
        if (found == m_constants.end())
            failNode(node, "input " + std::to_string(index) + " is missing or not a constant");
        return found->second;
    }

    bool hasInput(const onnx::NodeProto& node, int index) const
    {
        return index < node.input_size() && !node.input(index).empty();
    }

    const TensorShape& shapeOf(int tensor) const
    {
        return m_description.tensors[std::size_t(tensor)].shape;
    }

    void append(const onnx::NodeProto& node, Layer layer, LayerParameters parameters,
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

    /// Output size of a window, with explicit or automatic padding written into the geometry.
    TensorShape applyWindow(const onnx::NodeProto& node, LayerGeometry& g, int out_channels) const
    {
        const auto strides = onnxIntegers(node, "strides", {1, 1});
        const auto dilations = onnxIntegers(node, "dilations", {1, 1});
        const auto pads = onnxIntegers(node, "pads", {0, 0, 0, 0});
        if (strides.size() != 2 || pads.size() != 4 || dilations.size() != 2)
            failNode(node, "only two-dimensional windows are supported");
        const auto sane = [](std::int64_t v) { return v >= 0 && v < 4096; };
        if (!std::ranges::all_of(strides, sane) || !std::ranges::all_of(pads, sane) ||
            strides[0] < 1 || strides[1] < 1)
            failNode(node, "strides or pads are out of range");
        if (dilations[0] != 1 || dilations[1] != 1)
            failNode(node, "dilation is not supported by the target kernels");
        if (onnxInteger(node, "ceil_mode", 0) != 0)
            failNode(node, "ceil_mode is not supported");
        g.stride_y = int(strides[0]);
        g.stride_x = int(strides[1]);
        g.padding = {int(pads[0]), int(pads[1]), int(pads[2]), int(pads[3])};
        applyAutoPad(node, g);
        const int height = (g.input.height + g.padding.top + g.padding.bottom - g.kernel_height);
        const int width = (g.input.width + g.padding.left + g.padding.right - g.kernel_width);
        if (height < 0 || width < 0)
            failNode(node, "its window is larger than its input");
        return {out_channels, height / g.stride_y + 1, width / g.stride_x + 1};
    }

    void applyAutoPad(const onnx::NodeProto& node, LayerGeometry& g) const
    {
        const auto mode = onnxText(node, "auto_pad", "NOTSET");
        if (mode == "NOTSET")
            return;
        if (mode == "VALID") {
            g.padding = {};
            return;
        }
        if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
            failNode(node, "auto_pad '" + mode + "' is not known");
        const auto split = [&](int size, int kernel, int stride, int& before, int& after) {
            const int total =
                std::max(0, ((size + stride - 1) / stride - 1) * stride + kernel - size);
            before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
            after = total - before;
        };
        split(g.input.height, g.kernel_height, g.stride_y, g.padding.top, g.padding.bottom);
        split(g.input.width, g.kernel_width, g.stride_x, g.padding.left, g.padding.right);
    }

    void conv(const onnx::NodeProto& node)
    {
        const auto& weight = constantInput(node, 1);
        if (weight.sizes.size() != 4)
            failNode(node, "its weight is not O x I x kH x kW");
        Layer layer;
        layer.inputs = {inputTensor(node)};
        auto& g = layer.geometry;
        g.input = shapeOf(layer.inputs[0]);
        const auto group = onnxInteger(node, "group", 1);
        const bool depthwise = group > 1;
        const std::int64_t in = g.input.channels;
        if (depthwise && (group != in || weight.sizes[0] != in || weight.sizes[1] != 1))
            failNode(node, "grouped convolution other than depthwise is not supported");
        if (!depthwise && weight.sizes[1] != in)
            failNode(node, "its weight takes " + std::to_string(weight.sizes[1]) +
                               " channels, its input has " + std::to_string(in));
        if (weight.sizes[2] < 1 || weight.sizes[3] < 1 || weight.sizes[0] < 1)
            failNode(node, "its weight is empty");
        layer.kind = depthwise ? LayerKind::DepthwiseConv : LayerKind::Conv;
        g.kernel_height = int(weight.sizes[2]);
        g.kernel_width = int(weight.sizes[3]);
        LayerParameters p;
        p.weights = weight.values;
        if (hasInput(node, 2))
            p.bias = constantInput(node, 2).values;
        const TensorShape out = applyWindow(node, g, int(weight.sizes[0]));
        append(node, std::move(layer), std::move(p), out);
    }

    void linear(const onnx::NodeProto& node, bool transposed, std::vector<float> bias)
    {
        const auto& weight = constantInput(node, 1);
        if (weight.sizes.size() != 2)
            failNode(node, "its weight is not a matrix");
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

    void gemm(const onnx::NodeProto& node)
    {
        if (onnxFloat(node, "alpha", 1) != 1 || onnxFloat(node, "beta", 1) != 1 ||
            onnxInteger(node, "transA", 0) != 0)
            failNode(node, "alpha, beta and transA other than the defaults are not supported");
        linear(node, onnxInteger(node, "transB", 0) != 0,
               hasInput(node, 2) ? constantInput(node, 2).values : std::vector<float>{});
    }

    void matMul(const onnx::NodeProto& node) { linear(node, false, {}); }

    /// Layer that makes the node's input, if nothing but this node reads it.
    Layer* soleProducer(const onnx::NodeProto& node)
    {
        const int tensor = inputTensor(node);
        for (auto& layer : m_description.layers)
            if (layer.output == tensor && m_uses[node.input(0)] == 1)
                return &layer;
        return nullptr;
    }

    /// The node vanishes into `layer`; its output is from now on the layer's tensor.
    void fuse(const onnx::NodeProto& node, const Layer& layer)
    {
        m_description.tensors[std::size_t(layer.output)].name = node.output(0);
        m_tensor_of[node.output(0)] = layer.output;
        report(node, NodeFate::Fused, "into '" + layer.name + "'");
    }

    LayerParameters& parametersOf(const Layer& layer)
    {
        return m_parameters[std::size_t(&layer - m_description.layers.data())];
    }

    void batchNorm(const onnx::NodeProto& node)
    {
        Layer* layer = soleProducer(node);
        if (!layer || !layer->hasWeights() || layer->activation != Activation::None ||
            parametersOf(*layer).batch_norm)
            failNode(node, "it does not directly follow a convolution or linear layer of its own");
        parametersOf(*layer).batch_norm =
            BatchNorm{constantInput(node, 1).values, constantInput(node, 2).values,
                      constantInput(node, 3).values, constantInput(node, 4).values,
                      onnxFloat(node, "epsilon", 1e-5F)};
        fuse(node, *layer);
    }

    void activation(const onnx::NodeProto& node, Activation kind, float clip_max)
    {
        Layer* layer = soleProducer(node);
        if (!layer || layer->activation != Activation::None)
            failNode(node, "it does not directly follow a layer whose result only it reads");
        layer->activation = kind;
        layer->clip_max = clip_max;
        fuse(node, *layer);
    }

    void relu(const onnx::NodeProto& node) { activation(node, Activation::Relu, 0); }

    void clip(const onnx::NodeProto& node)
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
            failNode(node, "only clips from 0 upwards are supported");
        if (std::isinf(high))
            activation(node, Activation::Relu, 0);
        else
            activation(node, Activation::Clip, high);
    }

    /// The bias of a MatMul written as an Add of its own.
    bool addBias(const onnx::NodeProto& node)
    {
        for (int i = 0; i < 2; ++i) {
            const auto constant = m_constants.find(node.input(i));
            if (constant == m_constants.end())
                continue;
            const int tensor = inputTensor(node, 1 - i);
            for (auto& layer : m_description.layers) {
                auto& p = parametersOf(layer);
                if (layer.output == tensor && layer.kind == LayerKind::Linear && p.bias.empty() &&
                    layer.activation == Activation::None && !p.batch_norm &&
                    m_uses[node.input(1 - i)] == 1) {
                    p.bias = constant->second.values;
                    fuse(node, layer);
                    return true;
                }
            }
            failNode(node, "adding a constant is supported only as the bias of a linear layer");
        }
        return false;
    }

    void add(const onnx::NodeProto& node)
    {
        if (node.input_size() != 2)
            failNode(node, "it needs two inputs");
        if (addBias(node))
            return;
        Layer layer;
        layer.kind = LayerKind::Add;
        layer.inputs = {inputTensor(node, 0), inputTensor(node, 1)};
        const TensorShape shape = shapeOf(layer.inputs[0]);
        if (shapeOf(layer.inputs[1]) != shape)
            failNode(node, "its operands differ in shape");
        layer.geometry.input = shape;
        append(node, std::move(layer), {}, shape);
    }

    void pool(const onnx::NodeProto& node, LayerKind kind, int height, int width)
    {
        Layer layer;
        layer.kind = kind;
        layer.inputs = {inputTensor(node)};
        auto& g = layer.geometry;
        g.input = shapeOf(layer.inputs[0]);
        g.kernel_height = height > 0 ? height : g.input.height;
        g.kernel_width = width > 0 ? width : g.input.width;
        const TensorShape out = height > 0 ? applyWindow(node, g, g.input.channels)
                                           : TensorShape{g.input.channels, 1, 1};
        const bool padded = g.padding != Padding{};
        if (kind == LayerKind::AveragePool && padded &&
            onnxInteger(node, "count_include_pad", 0) == 0)
            failNode(node, "padding that does not count is not supported by the target kernels");
        append(node, std::move(layer), {}, out);
    }

    void windowPool(const onnx::NodeProto& node)
    {
        const auto kernel = onnxIntegers(node, "kernel_shape", {});
        if (kernel.size() != 2 || kernel[0] < 1 || kernel[1] < 1 || kernel[0] > 4096 ||
            kernel[1] > 4096)
            failNode(node, "its kernel_shape is missing or out of range");
        pool(node, node.op_type() == "MaxPool" ? LayerKind::MaxPool : LayerKind::AveragePool,
             int(kernel[0]), int(kernel[1]));
    }

    void globalPool(const onnx::NodeProto& node) { pool(node, LayerKind::AveragePool, 0, 0); }

    void reduceMean(const onnx::NodeProto& node)
    {
        auto axes = onnxIntegers(node, "axes", {});
        if (axes.empty() && hasInput(node, 1))
            for (const float axis : constantInput(node, 1).values)
                axes.push_back(std::int64_t(axis));
        for (auto& axis : axes)
            axis = axis < 0 ? axis + 4 : axis;
        std::ranges::sort(axes);
        if (axes != std::vector<std::int64_t>{2, 3})
            failNode(node, "only the mean over height and width is supported");
        globalPool(node);
    }

    void passThrough(const onnx::NodeProto& node)
    {
        const int tensor = inputTensor(node);
        m_tensor_of[node.output(0)] = tensor;
        // A reader of the alias is a reader of the tensor: keeps soleProducer honest.
        report(node, NodeFate::PassedThrough, "keeps its input's values");
    }

    void reshape(const onnx::NodeProto& node)
    {
        const int tensor = inputTensor(node);
        const auto& sizes = constantInput(node, 1).values;
        const auto elements = double(shapeOf(tensor).elements());
        const bool flat = (sizes.size() == 2 && (sizes[1] == -1 || double(sizes[1]) == elements)) ||
                          (sizes.size() == 4 && sizes[1] == float(shapeOf(tensor).channels) &&
                           shapeOf(tensor).height == 1 && shapeOf(tensor).width == 1);
        if (!flat)
            failNode(node, "only a reshape to N x features is supported");
        passThrough(node);
    }

    void flatten(const onnx::NodeProto& node)
    {
        if (onnxInteger(node, "axis", 1) != 1)
            failNode(node, "only axis 1 is supported");
        passThrough(node);
    }

    void softmax(const onnx::NodeProto& node)
    {
        if (m_graph.output_size() != 1 || node.output(0) != m_graph.output(0).name())
            failNode(node, "it is supported only as the network's end");
        passThrough(node);
        m_description.report.back().detail = "left out: it does not change which class is largest";
    }

    void constant(const onnx::NodeProto& node)
    {
        report(node, NodeFate::Fused, "constant of the nodes that read it");
    }

    void readNode(const onnx::NodeProto& node)
    {
        static const std::map<std::string, Handler> Handlers = {
            {"Conv", &OnnxReader::conv},
            {"Gemm", &OnnxReader::gemm},
            {"MatMul", &OnnxReader::matMul},
            {"BatchNormalization", &OnnxReader::batchNorm},
            {"Relu", &OnnxReader::relu},
            {"Clip", &OnnxReader::clip},
            {"Add", &OnnxReader::add},
            {"MaxPool", &OnnxReader::windowPool},
            {"AveragePool", &OnnxReader::windowPool},
            {"GlobalAveragePool", &OnnxReader::globalPool},
            {"ReduceMean", &OnnxReader::reduceMean},
            {"Flatten", &OnnxReader::flatten},
            {"Reshape", &OnnxReader::reshape},
            {"Squeeze", &OnnxReader::squeeze},
            {"Softmax", &OnnxReader::softmax},
            {"Identity", &OnnxReader::passThrough},
            {"Dropout", &OnnxReader::passThrough},
            {"Constant", &OnnxReader::constant}};
        if (node.output_size() < 1)
            failNode(node, "it has no output");
        const auto handler = Handlers.find(node.op_type());
        if (handler == Handlers.end() || !(node.domain().empty() || node.domain() == "ai.onnx"))
            failNode(node, "this operator is not supported");
        (this->*handler->second)(node);
    }

    void squeeze(const onnx::NodeProto& node)
    {
        const auto& shape = shapeOf(inputTensor(node));
        if (shape.height != 1 || shape.width != 1)
            failNode(node, "only maps of one pixel can be squeezed");
        passThrough(node);
    }

    const onnx::GraphProto& m_graph;
    std::string m_where;
    std::map<std::string, OnnxConstant> m_constants;
    std::map<std::string, int> m_uses;
    std::map<std::string, int> m_tensor_of;
    NetworkDescription m_description;
    std::vector<LayerParameters> m_parameters;
};

void checkVersions(const onnx::ModelProto& model, const std::string& where)
{
    for (const auto& opset : model.opset_import()) {
        if (!(opset.domain().empty() || opset.domain() == "ai.onnx"))
            continue;
        if (opset.version() < OldestOpset || opset.version() > NewestOpset)
            throw Error(ErrorCode::BadInput, "The ONNX file's version is not supported", where,
                        "opset " + std::to_string(opset.version()) + " (IR " +
                            std::to_string(model.ir_version()) + "), supported are 7 to 21",
                        "Convert the file to opset 13");
        return;
    }
    throw Error(ErrorCode::BadInput, "The ONNX file has no opset", where,
                "it does not say which operators' version it uses", "Export the file again");
}

} // namespace

std::shared_ptr<const Network> importOnnx(std::span<const std::byte> bytes,
                                          const std::string& where)
{
    const auto damaged = [&](const std::string& why) {
        return Error(ErrorCode::BadInput, "This is not a whole ONNX file", where, why,
                     "Check that the file was copied completely, or export it again");
    };
    if (bytes.size() > std::size_t(std::numeric_limits<int>::max()))
        throw damaged("it has more than 2 GiB");
    onnx::ModelProto model;
    google::protobuf::io::CodedInputStream stream(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), int(bytes.size()));
    stream.SetRecursionLimit(64);
    if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        throw damaged("it ends early or is damaged near byte " +
                      std::to_string(stream.CurrentPosition()) + " of " +
                      std::to_string(bytes.size()));
    if (!model.has_graph() || model.graph().node_size() == 0)
        throw damaged("it holds no graph");
    checkVersions(model, where);
    return OnnxReader(model, where).read();
}

} // namespace bitdial
