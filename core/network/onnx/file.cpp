// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/file.h"

#include "core/base/error.h"

#include <onnx/onnx_pb.h>

#include <limits>

namespace bitdial {
namespace {

void fill(onnx::TensorProto* tensor, const OnnxFileConstant& constant)
{
    tensor->set_name(constant.name);
    for (const auto size : constant.dimensions)
        tensor->add_dims(size);
    // Little-endian as ONNX wants it; so is every machine that this program runs on.
    std::visit(
        [tensor](const auto& values) {
            using Number = typename std::decay_t<decltype(values)>::value_type;
            tensor->set_data_type(std::is_same_v<Number, float> ? onnx::TensorProto::FLOAT
                                                                : onnx::TensorProto::INT32);
            tensor->set_raw_data(values.data(), values.size() * sizeof(Number));
        },
        constant.values);
}

void fill(onnx::AttributeProto* attribute, const OnnxFileAttribute& from)
{
    attribute->set_name(from.name);
    if (const auto* integer = std::get_if<std::int64_t>(&from.value)) {
        attribute->set_type(onnx::AttributeProto::INT);
        attribute->set_i(*integer);
    } else if (const auto* real = std::get_if<float>(&from.value)) {
        attribute->set_type(onnx::AttributeProto::FLOAT);
        attribute->set_f(*real);
    } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&from.value)) {
        attribute->set_type(onnx::AttributeProto::INTS);
        for (const auto value : *list)
            attribute->add_ints(value);
    } else {
        attribute->set_type(onnx::AttributeProto::TENSOR);
        fill(attribute->mutable_t(), std::get<OnnxFileConstant>(from.value));
    }
}

void fill(onnx::ValueInfoProto* value, const OnnxFileValue& from)
{
    value->set_name(from.name);
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    auto* shape = type->mutable_shape();
    for (const auto size : from.dimensions)
        shape->add_dim()->set_dim_value(size);
}

void fill(onnx::NodeProto* node, const OnnxFileNode& from)
{
    node->set_op_type(from.op);
    node->set_name(from.op + "_" + from.output);
    node->set_domain(from.domain);
    for (const auto& input : from.inputs)
        node->add_input(input);
    node->add_output(from.output);
    for (const auto& attribute : from.attributes)
        fill(node->add_attribute(), attribute);
}

} // namespace

std::vector<std::byte> serialized(const onnx::ModelProto& model, const std::string& name)
{
    const std::size_t size = model.ByteSizeLong();
    if (size > std::size_t(std::numeric_limits<int>::max()))
        throw Error(ErrorCode::Infeasible, "Cannot write the network as ONNX", name,
                    "it has more than 2 GiB, which the format does not allow in one file",
                    "Choose a smaller network");
    std::vector<std::byte> bytes(size);
    if (!model.SerializeToArray(bytes.data(), int(bytes.size())))
        throw Error(ErrorCode::Failed, "Cannot write the network as ONNX", name,
                    "serialisation failed", "Report this with the network");
    return bytes;
}

std::vector<std::byte> writeOnnxFile(const OnnxFile& file)
{
    onnx::ModelProto model;
    model.set_ir_version(file.ir_version);
    model.set_producer_name("bitdial");
    model.set_producer_version(BITDIAL_VERSION);
    for (const auto& [domain, version] : file.opsets) {
        auto* import = model.add_opset_import();
        import->set_domain(domain);
        import->set_version(version);
    }
    auto* graph = model.mutable_graph();
    graph->set_name(file.name);
    for (const auto& value : file.inputs)
        fill(graph->add_input(), value);
    for (const auto& value : file.outputs)
        fill(graph->add_output(), value);
    for (const auto& value : file.values)
        fill(graph->add_value_info(), value);
    for (const auto& constant : file.constants)
        fill(graph->add_initializer(), constant);
    for (const auto& node : file.nodes)
        fill(graph->add_node(), node);
    return serialized(model, file.name);
}

} // namespace bitdial
