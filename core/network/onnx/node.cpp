// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <set>

namespace bitdial {
namespace {

constexpr std::size_t longest_name = 200;

const onnx::AttributeProto* typed(const onnx::NodeProto& node, const std::string& name, int type)
{
    const auto* attribute = onnxAttribute(node, name);
    // Files of the first IR versions leave the type out.
    if (attribute && attribute->has_type() && attribute->type() != type)
        throw OnnxRefusal{"its attribute " + onnxQuoted(name) + " is of a wrong type"};
    return attribute;
}

} // namespace

std::string onnxEscaped(const std::string& text)
{
    static const char* digits = "0123456789abcdef";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            result += std::string("\\x") + digits[byte >> 4U] + digits[byte & 15U];
        else
            result += c;
    }
    return result;
}

std::string onnxQuoted(const std::string& name)
{
    return "'" + onnxEscaped(name.substr(0, longest_name)) +
           (name.size() > longest_name ? "...'" : "'");
}

const std::string& onnxNodeName(const onnx::NodeProto& node)
{
    if (!node.name().empty() || node.output_size() == 0)
        return node.name().empty() ? node.op_type() : node.name();
    return node.output(0);
}

bool isMicrosoftQuantizer(const onnx::NodeProto& node)
{
    return node.domain() == "com.microsoft" &&
           (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear");
}

bool isStandardOnnx(const onnx::NodeProto& node)
{
    const auto& domain = node.domain();
    return domain.empty() || domain == "ai.onnx" || isMicrosoftQuantizer(node);
}

bool onnxHasInput(const onnx::NodeProto& node, int index)
{
    return index < node.input_size() && !node.input(index).empty();
}

const onnx::AttributeProto* onnxAttribute(const onnx::NodeProto& node, const std::string& name)
{
    for (const auto& attribute : node.attribute())
        if (attribute.name() == name)
            return &attribute;
    return nullptr;
}

std::int64_t onnxInteger(const onnx::NodeProto& node, const std::string& name,
                         std::int64_t fallback)
{
    const auto* attribute = typed(node, name, onnx::AttributeProto::INT);
    return attribute ? attribute->i() : fallback;
}

float onnxFloat(const onnx::NodeProto& node, const std::string& name, float fallback)
{
    const auto* attribute = typed(node, name, onnx::AttributeProto::FLOAT);
    return attribute ? attribute->f() : fallback;
}

std::vector<std::int64_t> onnxIntegers(const onnx::NodeProto& node, const std::string& name,
                                       std::vector<std::int64_t> fallback)
{
    const auto* attribute = typed(node, name, onnx::AttributeProto::INTS);
    if (!attribute)
        return fallback;
    return {attribute->ints().begin(), attribute->ints().end()};
}

std::string onnxText(const onnx::NodeProto& node, const std::string& name,
                     const std::string& fallback)
{
    const auto* attribute = typed(node, name, onnx::AttributeProto::STRING);
    return attribute ? attribute->s() : fallback;
}

bool keepsOnnxShape(const std::string& op)
{
    static const std::set<std::string> operators = {"Abs",
                                                    "Add",
                                                    "BatchNormalization",
                                                    "Cast",
                                                    "Ceil",
                                                    "Celu",
                                                    "Clip",
                                                    "Cos",
                                                    "Div",
                                                    "Elu",
                                                    "Erf",
                                                    "Exp",
                                                    "Floor",
                                                    "Gelu",
                                                    "GroupNormalization",
                                                    "HardSigmoid",
                                                    "HardSwish",
                                                    "Log",
                                                    "Hardmax",
                                                    "InstanceNormalization",
                                                    "LeakyRelu",
                                                    "LRN",
                                                    "LayerNormalization",
                                                    "LogSoftmax",
                                                    "Mish",
                                                    "Mul",
                                                    "LpNormalization",
                                                    "MeanVarianceNormalization",
                                                    "Neg",
                                                    "Pow",
                                                    "PRelu",
                                                    "QuantizeLinear",
                                                    "Reciprocal",
                                                    "Relu",
                                                    "Round",
                                                    "DequantizeLinear",
                                                    "Selu",
                                                    "Sign",
                                                    "Shrink",
                                                    "Sigmoid",
                                                    "Sin",
                                                    "Sub",
                                                    "Softmax",
                                                    "Softplus",
                                                    "Softsign",
                                                    "Sqrt",
                                                    "Swish",
                                                    "Sum",
                                                    "Tanh",
                                                    "Max",
                                                    "ThresholdedRelu",
                                                    "Min",
                                                    "BipolarQuant",
                                                    "Quant",
                                                    "IntQuant",
                                                    "Trunc"};
    return operators.contains(op);
}

int onnxAxis(std::int64_t axis, std::size_t rank)
{
    const auto size = std::int64_t(rank);
    if (axis < -size || axis >= size)
        throw OnnxRefusal{"axis " + std::to_string(axis) + " is out of range for rank " +
                          std::to_string(size)};
    return int(axis < 0 ? axis + size : axis);
}

} // namespace bitdial
