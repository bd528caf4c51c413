// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include "core/base/error.h"
#include "core/network/network_check.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>

namespace bitdial {
namespace {

/// Thrown where a node reads a value whose shape is unknown, because an unsupported node made it.
struct UnknownInput {};

/// Operators that only hand their first input's values on, in another order or under another name.
bool handsOn(const std::string& op)
{
    static const std::set<std::string> operators = {
        "Identity", "Dropout",   "Flatten", "Reshape", "Squeeze",          "Unsqueeze",
        "Softmax",  "Transpose", "Cast",    "Pad",     "DequantizeLinear", "LogSoftmax"};
    return operators.contains(op);
}

bool isQonnx(const std::string& domain)
{
    return domain == "qonnx.custom_op.general" || domain == "finn.custom_op.general" ||
           domain == "onnx.brevitas";
}

} // namespace

OnnxReader::OnnxReader(onnx::ModelProto& model, OnnxSource source)
    : m_graph(model.graph()),
      m_source(std::move(source)),
      m_opset(checkOnnxVersions(model, m_source.where)),
      m_order(checkOnnxGraph(m_graph, m_source.where)),
      m_constants(*model.mutable_graph(), m_source.where, m_source.folder, m_source.budget)
{
    m_description.name = m_graph.name().empty() ? m_source.where : m_graph.name();
    for (const auto& info : m_graph.value_info())
        m_infos[info.name()] = &info;
    for (const auto& info : m_graph.output())
        m_infos[info.name()] = &info;
    for (const auto* node : m_order.nodes)
        for (const auto& output : node->output())
            m_makers[output] = node;
}

std::shared_ptr<const Network> OnnxReader::read()
{
    if (!m_order.was_sorted)
        m_description.report.push_back({m_description.name, "Graph", NodeFate::PassedThrough,
                                        "its nodes were not in order and have been sorted"});
    const auto is_constant = [](const onnx::NodeProto& node) {
        return node.op_type() == "Constant" && isStandardOnnx(node);
    };
    // First, because the input's layout and the readers of a quantizer depend on their numbers.
    for (const auto* node : m_order.nodes)
        if (is_constant(*node))
            readNode(*node);
    readInput();
    m_patterns = findOnnxPatterns(m_order, m_graph.output(0).name(), m_constants);
    countReaders();
    findEnd();
    for (const auto* node : m_order.nodes)
        if (!is_constant(*node))
            readNode(*node);
    for (const auto* node : m_order.dead)
        report(*node, NodeFate::PassedThrough, "left out: the output does not depend on it");
    finish();
    auto parameters = std::make_shared<NetworkParameters>();
    parameters->layers = std::move(m_parameters);
    return std::make_shared<Network>(std::move(m_description), std::move(parameters));
}

void OnnxReader::finish()
{
    const auto& name = m_graph.output(0).name();
    if (m_unknown.contains(name))
        failUnsupported();
    if (!m_values.contains(name))
        fail("output " + onnxQuoted(name), "it does not depend on the input");
    OnnxValue last;
    try {
        last = value(name);
    } catch (const OnnxRefusal& refusal) {
        fail("output " + onnxQuoted(name), refusal.why);
    }
    m_description.output = last.tensor;
    if (m_description.layers.empty())
        failUnsupported();
    reportLostQuantizers();
    OnnxDims in_order = {{batch_axis, channel_axis, height_axis, width_axis}};
    OnnxDims flat = {{}};
    for (const auto& dim : last.dims)
        flat[0].insert(flat[0].end(), dim.begin(), dim.end());
    const auto sizes = sizesOf(last.tensor);
    auto shown = withoutUnitAxes(flat, sizes);
    if (shown[0].empty() || shown[0][0] != batch_axis)
        shown[0].insert(shown[0].begin(), batch_axis);
    if (shown != withoutUnitAxes(in_order, sizes))
        m_description.report.push_back(
            {name, "Output", NodeFate::PassedThrough,
             "the file's order is " + describeView(last.dims) + ", here it is N x C x H x W"});
}

void OnnxReader::fail(const std::string& place, const std::string& why) const
{
    throw Error(ErrorCode::BadInput, "The ONNX network cannot be read",
                m_source.where + ": " + place, why,
                "Correct this in the program that wrote the file and export it again");
}

/// Throws one Error that names the unsupported nodes of the report.
void OnnxReader::failUnsupported() const
{
    std::string list = onnxEscaped(unsupportedNodes(m_description.report));
    if (list.empty())
        fail("graph", "it has no layer");
    if (m_unchecked_nodes > 0)
        list += "; not checked, because they follow these: " + std::to_string(m_unchecked_nodes) +
                " more";
    std::string supported;
    for (const auto& [op, handler] : handlers())
        supported += (supported.empty() ? "" : ", ") + op;
    throw Error(ErrorCode::BadInput, "The ONNX network cannot be read", m_source.where, list,
                "Replace what is named and export the network again; supported operators are " +
                    supported);
}

/// Whether the node's result is its input's tensor, so that readers of it read that.
bool OnnxReader::makesAlias(const onnx::NodeProto& node)
{
    if (node.input_size() == 0 || node.output_size() == 0)
        return false;
    const auto& op = node.op_type();
    if (op == "QuantizeLinear" || (isQonnx(node.domain()) && (op == "Quant" || op == "IntQuant")))
        return !startsAtZero(node); // else it acts as a ReLU
    return isStandardOnnx(node) && handsOn(op);
}

void OnnxReader::countReaders()
{
    std::unordered_map<std::string, std::string> original_of;
    const auto count = [&](const std::string& value) {
        const auto alias = original_of.find(value);
        ++m_readers[alias == original_of.end() ? value : alias->second];
    };
    for (const auto* node : m_order.nodes) {
        if (m_patterns.absorbed.contains(node))
            continue;
        const auto* source = node->output_size() > 0 ? m_patterns.source(node->output(0)) : nullptr;
        if (source) {
            count(*source);
            continue;
        }
        if (makesAlias(*node)) {
            const auto original = original_of.find(node->input(0));
            original_of[node->output(0)] =
                original == original_of.end() ? node->input(0) : original->second;
            continue;
        }
        if (node->op_type() == "Shape" && isStandardOnnx(*node))
            continue; // reads no number
        for (const auto& input : node->input())
            count(input);
    }
    count(m_graph.output(0).name());
}

const std::map<std::string, OnnxReader::Handler>& OnnxReader::handlers()
{
    static const std::map<std::string, Handler> handlers = {
        {"Conv", &OnnxReader::conv},
        {"Gemm", &OnnxReader::gemm},
        {"MatMul", &OnnxReader::matMul},
        {"BatchNormalization", &OnnxReader::batchNorm},
        {"Relu", &OnnxReader::relu},
        {"Clip", &OnnxReader::clip},
        {"Min", &OnnxReader::extremum},
        {"Max", &OnnxReader::extremum},
        {"HardSwish", &OnnxReader::hardSwish},
        {"Sigmoid", &OnnxReader::sigmoid},
        {"Add", &OnnxReader::arithmetic},
        {"Sum", &OnnxReader::arithmetic},
        {"Sub", &OnnxReader::arithmetic},
        {"Mul", &OnnxReader::arithmetic},
        {"Div", &OnnxReader::arithmetic},
        {"Neg", &OnnxReader::negative},
        {"Concat", &OnnxReader::concat},
        {"MaxPool", &OnnxReader::windowPool},
        {"AveragePool", &OnnxReader::windowPool},
        {"GlobalAveragePool", &OnnxReader::globalPool},
        {"GlobalMaxPool", &OnnxReader::globalPool},
        {"ReduceMean", &OnnxReader::reduce},
        {"Pad", &OnnxReader::pad},
        {"Flatten", &OnnxReader::flatten},
        {"Reshape", &OnnxReader::reshape},
        {"Transpose", &OnnxReader::transpose},
        {"Squeeze", &OnnxReader::squeeze},
        {"Unsqueeze", &OnnxReader::unsqueeze},
        {"Softmax", &OnnxReader::softmax},
        {"LogSoftmax", &OnnxReader::softmax},
        {"Identity", &OnnxReader::passThrough},
        {"Dropout", &OnnxReader::dropout},
        {"Cast", &OnnxReader::cast},
        {"Shape", &OnnxReader::shape},
        {"QuantizeLinear", &OnnxReader::quantizeLinear},
        {"DequantizeLinear", &OnnxReader::dequantizeLinear}};
    return handlers;
}

const std::map<std::string, OnnxReader::Handler>& OnnxReader::quantizerHandlers()
{
    static const std::map<std::string, Handler> handlers = {
        {"Quant", &OnnxReader::quant},
        {"IntQuant", &OnnxReader::quant},
        {"BipolarQuant", &OnnxReader::bipolarQuant},
        {"Trunc", &OnnxReader::trunc}};
    return handlers;
}

void OnnxReader::readNode(const onnx::NodeProto& node)
{
    try {
        dispatch(node);
    } catch (const OnnxRefusal& refusal) {
        recordUnsupported(node, refusal.why);
    } catch (const OnnxInvalid& invalid) {
        fail("node " + onnxQuoted(onnxNodeName(node)) + " (" + onnxQuoted(node.op_type()) + ")",
             invalid.why);
    } catch (const UnknownInput&) {
        if (!standIn(node, "it follows a node whose result is not known"))
            ++m_unchecked_nodes;
    }
}

void OnnxReader::dispatch(const onnx::NodeProto& node)
{
    if (node.output_size() < 1 || node.output(0).empty())
        throw OnnxRefusal{"it has no output"};
    if (!isStandardOnnx(node) && !isQonnx(node.domain()))
        throw OnnxRefusal{"its domain " + onnxQuoted(node.domain()) + " is not known"};
    if (foldNode(node) || readPattern(node))
        return;
    const auto& known = isStandardOnnx(node) ? handlers() : quantizerHandlers();
    const auto handler = known.find(node.op_type());
    if (handler == known.end()) {
        for (const auto& name : node.input())
            if (m_unknown.contains(name) && isOnnxFolded(node.op_type()))
                throw UnknownInput{}; // it may compute with a shape that is not known
        throw OnnxRefusal{"this operator is not supported"};
    }
    checkCodes(node);
    (this->*handler->second)(node);
    for (int i = 1; i < node.output_size(); ++i)
        if (m_readers.contains(node.output(i)) && !node.output(i).empty())
            throw OnnxRefusal{"its output " + std::to_string(i) +
                              " is read, which is not supported"};
}

/// A node that no number of the input reaches: it is computed now.
bool OnnxReader::foldNode(const onnx::NodeProto& node)
{
    const auto& op = node.op_type();
    if (op == "Constant" && isStandardOnnx(node)) {
        const onnx::TensorProto* tensor = nullptr;
        auto constant = onnxConstantNode(node, tensor);
        m_constants.charge((tensor ? onnxElements(*tensor) : constant.values.size()) *
                           sizeof(float));
        if (tensor)
            constant = readOnnxTensor(*tensor, m_source.folder);
        m_constants.define(node.output(0), std::move(constant));
        report(node, NodeFate::Fused, "constant of the nodes that read it");
        return true;
    }
    const bool quantizer = op == "QuantizeLinear" || op == "DequantizeLinear" || clipsCodes(node) ||
                           !isStandardOnnx(node);
    const bool known = std::ranges::all_of(node.input(), [&](const auto& name) {
        return name.empty() || m_constants.has(name) || m_constants.hasShape(name);
    });
    if (!known || node.input_size() == 0 || quantizer || op == "Shape")
        return false;
    const bool whole = foldOnnxNode(node, m_constants);
    report(node, NodeFate::Fused,
           std::string("computed beforehand, from constants") +
               (whole ? "" : "; the quantizer before it does not describe its result"));
    return true;
}

/// Nodes that together are one operation.
bool OnnxReader::readPattern(const onnx::NodeProto& node)
{
    if (const auto last = m_patterns.absorbed.find(&node); last != m_patterns.absorbed.end()) {
        const bool swish = m_patterns.hard_swishes.contains(last->second->output(0));
        report(node, NodeFate::Fused,
               std::string("part of a ") + (swish ? "HardSwish" : "channel shuffle") +
                   " that ends in " + onnxQuoted(onnxNodeName(*last->second)));
        return true;
    }
    const auto* source = m_patterns.source(node.output(0));
    if (!source)
        return false;
    const OnnxValue in = value(*source);
    if (!m_patterns.hard_swishes.contains(node.output(0)))
        shuffle(node, in);
    if (m_codes.contains(*source))
        throw OnnxRefusal{"it computes with integer codes, which is not supported"};
    activation(node, in, Activation::HardSwish, 0);
    return true;
}

void OnnxReader::report(const onnx::NodeProto& node, NodeFate fate, const std::string& detail)
{
    m_description.report.push_back({onnxNodeName(node), node.op_type(), fate, detail});
}

const OnnxValue& OnnxReader::value(const std::string& name)
{
    if (m_unknown.contains(name))
        throw UnknownInput{};
    if (m_pads.contains(name))
        materialisePad(name);
    if (const auto row = m_rows.find(name); row != m_rows.end())
        throw OnnxRefusal{"before it " + onnxQuoted(onnxNodeName(*row->second.node)) +
                          " has a number for each place of the map, which only a linear layer can "
                          "take in"};
    const auto found = m_values.find(name);
    if (found == m_values.end())
        throw OnnxRefusal{"its input " + onnxQuoted(name) +
                          " is a constant or a shape, expected "
                          "values that depend on the network's input"};
    return found->second;
}

const OnnxValue& OnnxReader::input(const onnx::NodeProto& node, int index)
{
    if (!onnxHasInput(node, index))
        throw OnnxRefusal{"an input is missing"};
    return value(node.input(index));
}

bool OnnxReader::isConstant(const onnx::NodeProto& node, int index) const
{
    return onnxHasInput(node, index) && m_constants.has(node.input(index));
}

std::shared_ptr<const OnnxConstant> OnnxReader::constant(const onnx::NodeProto& node, int index)
{
    if (!onnxHasInput(node, index))
        throw OnnxRefusal{"input " + std::to_string(index) + " is missing"};
    if (m_unknown.contains(node.input(index)))
        throw UnknownInput{};
    if (!isConstant(node, index))
        throw OnnxRefusal{"input " + std::to_string(index) + " is not a constant"};
    return m_constants.get(node.input(index));
}

const TensorShape& OnnxReader::shapeOf(int tensor) const
{
    return m_description.tensors[std::size_t(tensor)].shape;
}

OnnxAxisSizes OnnxReader::sizesOf(int tensor) const
{
    const auto& s = shapeOf(tensor);
    return {1, s.channels, s.height, s.width};
}

OnnxDims OnnxReader::shownDims(const OnnxValue& shown) const
{
    return withoutUnitAxes(shown.dims, sizesOf(shown.tensor));
}

} // namespace bitdial
