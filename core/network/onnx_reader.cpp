// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_reader.h"

#include "core/base/error.h"
#include "core/network/onnx_windows.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr int NamedUnsupportedNodes = 10;
constexpr std::size_t LongestName = 200;

/// Thrown where a node reads a value whose shape is unknown, because an unsupported node made it.
struct UnknownInput {};

/// Whether the operator only hands its first input's values on, under another name.
bool makesAlias(const std::string& op)
{
    static const std::set<std::string> Operators = {"Identity", "Dropout", "Flatten",
                                                    "Reshape",  "Squeeze", "Softmax"};
    return Operators.contains(op);
}

/// Element-wise operators: even where one is unsupported, its output has its input's shape.
bool keepsShape(const std::string& op)
{
    static const std::set<std::string> Operators = {"Add",       "BatchNormalization",
                                                    "Clip",      "Elu",
                                                    "Gelu",      "HardSigmoid",
                                                    "Relu",      "HardSwish",
                                                    "LeakyRelu", "Mish",
                                                    "Mul",       "PRelu",
                                                    "Selu",      "InstanceNormalization",
                                                    "Sigmoid",   "Softmax",
                                                    "Tanh"};
    return Operators.contains(op);
}

} // namespace

OnnxReader::OnnxReader(const onnx::GraphProto& graph, std::string where)
    : m_graph(graph), m_where(std::move(where)), m_constants(readOnnxConstants(graph, m_where))
{
    m_description.name = m_graph.name().empty() ? m_where : m_graph.name();
    countReaders();
}

std::shared_ptr<const Network> OnnxReader::read()
{
    readInput();
    for (const auto& node : m_graph.node())
        readNode(node);
    checkSupported();
    if (m_graph.output_size() != 1)
        fail("graph", "it has " + std::to_string(m_graph.output_size()) + " outputs, expected one");
    const auto output = m_tensor_of.find(m_graph.output(0).name());
    if (output == m_tensor_of.end())
        fail("graph", "no node makes its output '" + m_graph.output(0).name() + "'");
    m_description.output = output->second;
    auto parameters = std::make_shared<NetworkParameters>();
    parameters->layers = std::move(m_parameters);
    return std::make_shared<Network>(std::move(m_description), std::move(parameters));
}

void OnnxReader::fail(const std::string& place, const std::string& why) const
{
    throw Error(ErrorCode::BadInput, "The ONNX network cannot be read", m_where + ": " + place, why,
                "Export it again with one input of fixed size N x C x H x W and one output");
}

/// Throws one Error that names the unsupported nodes of the report, if there are any.
void OnnxReader::checkSupported() const
{
    std::string list;
    int count = 0;
    for (const auto& node : m_description.report) {
        if (node.fate != NodeFate::Unsupported)
            continue;
        if (++count <= NamedUnsupportedNodes)
            list += (count > 1 ? "; node '" : "node '") + node.name.substr(0, LongestName) + "' (" +
                    node.op.substr(0, LongestName) + "): " + node.detail;
    }
    if (count == 0)
        return;
    if (count > NamedUnsupportedNodes)
        list += "; and " + std::to_string(count - NamedUnsupportedNodes) + " more";
    if (m_unchecked_nodes > 0)
        list += "; not checked, because they follow these: " + std::to_string(m_unchecked_nodes) +
                " more of a supported operator";
    std::string supported;
    for (const auto& [op, handler] : handlers())
        supported += (supported.empty() ? "" : ", ") + op;
    throw Error(
        ErrorCode::BadInput, "The ONNX network cannot be read", m_where,
        std::to_string(count) + (count == 1 ? " node is" : " nodes are") + " unsupported: " + list,
        "Replace what is named and export the network again; supported operators are " + supported);
}

void OnnxReader::countReaders()
{
    std::map<std::string, std::string> original_of;
    const auto count = [&](const std::string& value) {
        const auto alias = original_of.find(value);
        ++m_readers[alias == original_of.end() ? value : alias->second];
    };
    for (const auto& node : m_graph.node()) {
        if (makesAlias(node.op_type()) && node.input_size() > 0 && node.output_size() > 0) {
            const auto original = original_of.find(node.input(0));
            original_of[node.output(0)] =
                original == original_of.end() ? node.input(0) : original->second;
            continue;
        }
        for (const auto& input : node.input())
            count(input);
    }
    for (const auto& output : m_graph.output())
        count(output.name());
}

void OnnxReader::readInput()
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

const std::map<std::string, OnnxReader::Handler>& OnnxReader::handlers()
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
    return Handlers;
}

void OnnxReader::readNode(const onnx::NodeProto& node)
{
    const auto handler = handlers().find(node.op_type());
    try {
        if (node.output_size() < 1)
            throw OnnxRefusal{"it has no output"};
        if (handler == handlers().end() || !(node.domain().empty() || node.domain() == "ai.onnx"))
            throw OnnxRefusal{"this operator is not supported"};
        (this->*handler->second)(node);
    } catch (const OnnxRefusal& refusal) {
        recordUnsupported(node, refusal.why);
    } catch (const UnknownInput&) {
        ++m_unchecked_nodes;
        m_unknown.insert(node.output().begin(), node.output().end());
    }
}

void OnnxReader::recordUnsupported(const onnx::NodeProto& node, const std::string& why)
{
    report(node, NodeFate::Unsupported, why);
    m_unknown.insert(node.output().begin(), node.output().end());
    if (keepsShape(node.op_type()) && node.output_size() == 1)
        standIn(node);
}

/// A tensor for an unsupported node's result, so that the nodes behind it can be checked.
void OnnxReader::standIn(const onnx::NodeProto& node)
{
    TensorShape shape;
    for (const auto& input : node.input()) {
        if (m_constants.contains(input))
            continue;
        const auto tensor = m_tensor_of.find(input);
        if (tensor == m_tensor_of.end())
            return;
        if (shapeOf(tensor->second).elements() > shape.elements()) // the other one is broadcast
            shape = shapeOf(tensor->second);
    }
    if (shape.channels == 0)
        return;
    m_unknown.erase(node.output(0));
    m_tensor_of[node.output(0)] = int(m_description.tensors.size());
    m_description.tensors.push_back({node.output(0), shape, -1, {}});
}

void OnnxReader::report(const onnx::NodeProto& node, NodeFate fate, const std::string& detail)
{
    m_description.report.push_back({nodeName(node), node.op_type(), fate, detail});
}

std::string OnnxReader::nodeName(const onnx::NodeProto& node)
{
    if (!node.name().empty())
        return node.name();
    return node.output_size() > 0 ? node.output(0) : node.op_type();
}

int OnnxReader::tensorOf(const std::string& value) const
{
    if (m_unknown.contains(value))
        throw UnknownInput{};
    const auto found = m_tensor_of.find(value);
    if (found == m_tensor_of.end())
        throw OnnxRefusal{"it reads '" + value + "', which no earlier node makes"};
    return found->second;
}

int OnnxReader::inputTensor(const onnx::NodeProto& node, int index) const
{
    if (node.input_size() <= index)
        throw OnnxRefusal{"an input is missing"};
    return tensorOf(node.input(index));
}

const OnnxConstant& OnnxReader::constantInput(const onnx::NodeProto& node, int index) const
{
    const auto found =
        index < node.input_size() ? m_constants.find(node.input(index)) : m_constants.end();
    if (found == m_constants.end() && index < node.input_size() &&
        m_unknown.contains(node.input(index)))
        throw UnknownInput{};
    if (found == m_constants.end())
        throw OnnxRefusal{"input " + std::to_string(index) + " is missing or not a constant"};
    return found->second;
}

bool OnnxReader::hasInput(const onnx::NodeProto& node, int index)
{
    return index < node.input_size() && !node.input(index).empty();
}

const TensorShape& OnnxReader::shapeOf(int tensor) const
{
    return m_description.tensors[std::size_t(tensor)].shape;
}

} // namespace bitdial
