// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_tensors.h"

#include "core/base/error.h"

#include <onnx/onnx_pb.h>

#include <cstring>

namespace bitdial {
namespace {

constexpr std::uint64_t MaxElements = std::uint64_t(1) << 29;

[[noreturn]] void fail(const onnx::TensorProto& tensor, const std::string& where,
                       const std::string& why)
{
    throw Error(ErrorCode::BadInput, "A tensor of the ONNX file cannot be read",
                where + ": tensor '" + tensor.name().substr(0, 200) + "'", why,
                "Write the file again with its exporter");
}

std::size_t elementCount(const onnx::TensorProto& tensor, const std::string& where)
{
    std::uint64_t count = 1;
    for (const auto size : tensor.dims()) {
        if (size < 0)
            fail(tensor, where, "a size is negative");
        if (size > 0 && count > MaxElements / std::uint64_t(size))
            fail(tensor, where, "its sizes are beyond the limit of 2^29 elements");
        count *= std::uint64_t(size);
    }
    return std::size_t(count);
}

template <typename T> std::vector<float> fromRaw(const std::string& raw)
{
    std::vector<float> values(raw.size() / sizeof(T));
    for (std::size_t i = 0; i < values.size(); ++i) {
        T value;
        std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
        values[i] = float(value);
    }
    return values;
}

template <typename T, typename Field>
std::vector<float> values(const onnx::TensorProto& tensor, const Field& field)
{
    if (tensor.has_raw_data())
        return fromRaw<T>(tensor.raw_data());
    return {field.begin(), field.end()};
}

const onnx::AttributeProto* find(const onnx::NodeProto& node, const std::string& name)
{
    for (const auto& attribute : node.attribute())
        if (attribute.name() == name)
            return &attribute;
    return nullptr;
}

OnnxConstant readTensor(const onnx::TensorProto& tensor, const std::string& where)
{
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
        fail(tensor, where, "its data is in another file, which this version does not read");
    OnnxConstant constant;
    const std::size_t expected = elementCount(tensor, where);
    std::size_t element_bytes = 4;
    switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
        constant.values = values<float>(tensor, tensor.float_data());
        break;
    case onnx::TensorProto::DOUBLE:
        constant.values = values<double>(tensor, tensor.double_data());
        element_bytes = 8;
        break;
    case onnx::TensorProto::INT32:
        constant.values = values<std::int32_t>(tensor, tensor.int32_data());
        break;
    case onnx::TensorProto::INT64:
        constant.values = values<std::int64_t>(tensor, tensor.int64_data());
        element_bytes = 8;
        break;
    default:
        fail(tensor, where,
             "its element type " + std::to_string(tensor.data_type()) +
                 " is not float, double, int32 or int64");
    }
    const bool raw_fits =
        !tensor.has_raw_data() || tensor.raw_data().size() == expected * element_bytes;
    if (constant.values.size() != expected || !raw_fits)
        fail(tensor, where,
             "it holds " + std::to_string(constant.values.size()) + " values, its sizes say " +
                 std::to_string(expected));
    constant.sizes.assign(tensor.dims().begin(), tensor.dims().end());
    return constant;
}

} // namespace

std::map<std::string, OnnxConstant> readOnnxConstants(const onnx::GraphProto& graph,
                                                      const std::string& where)
{
    std::map<std::string, OnnxConstant> constants;
    for (const auto& tensor : graph.initializer())
        constants[tensor.name()] = readTensor(tensor, where);
    for (const auto& node : graph.node()) {
        if (node.op_type() != "Constant" || node.output_size() != 1)
            continue;
        if (const auto* value = find(node, "value"))
            constants[node.output(0)] = readTensor(value->t(), where);
    }
    return constants;
}

std::int64_t onnxInteger(const onnx::NodeProto& node, const std::string& name,
                         std::int64_t fallback)
{
    const auto* attribute = find(node, name);
    return attribute ? attribute->i() : fallback;
}

float onnxFloat(const onnx::NodeProto& node, const std::string& name, float fallback)
{
    const auto* attribute = find(node, name);
    return attribute ? attribute->f() : fallback;
}

std::vector<std::int64_t> onnxIntegers(const onnx::NodeProto& node, const std::string& name,
                                       std::vector<std::int64_t> fallback)
{
    const auto* attribute = find(node, name);
    if (!attribute)
        return fallback;
    return {attribute->ints().begin(), attribute->ints().end()};
}

std::string onnxText(const onnx::NodeProto& node, const std::string& name,
                     const std::string& fallback)
{
    const auto* attribute = find(node, name);
    return attribute ? attribute->s() : fallback;
}

} // namespace bitdial
