// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_node.h"

#include <onnx/onnx_pb.h>

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

std::string onnxQuoted(const std::string& name)
{
    static const char* digits = "0123456789abcdef";
    std::string text = "'";
    for (const char c : name.substr(0, longest_name)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            text += std::string("\\x") + digits[byte >> 4U] + digits[byte & 15U];
        else
            text += c;
    }
    return text + (name.size() > longest_name ? "...'" : "'");
}

const std::string& onnxNodeName(const onnx::NodeProto& node)
{
    if (!node.name().empty() || node.output_size() == 0)
        return node.name().empty() ? node.op_type() : node.name();
    return node.output(0);
}

bool isStandardOnnx(const onnx::NodeProto& node)
{
    return node.domain().empty() || node.domain() == "ai.onnx";
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

int onnxAxis(std::int64_t axis, std::size_t rank)
{
    const auto size = std::int64_t(rank);
    if (axis < -size || axis >= size)
        throw OnnxRefusal{"axis " + std::to_string(axis) + " is out of range for rank " +
                          std::to_string(size)};
    return int(axis < 0 ? axis + size : axis);
}

} // namespace bitdial
