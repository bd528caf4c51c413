// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/writer.h"

#include "core/network/onnx/file.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr int plain_opset = 13;
constexpr int hard_swish_opset = 14; // the first that knows HardSwish

/// IR version of the first release of ONNX that has the opset (docs/Versioning.md of ONNX).
int irVersionOf(int opset)
{
    constexpr std::pair<int, int> first_opsets[] = {{25, 13}, {24, 12}, {23, 11}, {21, 10},
                                                    {19, 9},  {15, 8},  {13, 7}};
    const auto* found =
        std::ranges::find_if(first_opsets, [&](const auto& row) { return opset >= row.first; });
    return found->second;
}

void window(onnx::NodeProto* node, const LayerGeometry& g,
            void (*integers)(onnx::NodeProto*, const std::string&,
                             const std::vector<std::int64_t>&))
{
    integers(node, "kernel_shape", {g.kernel_height, g.kernel_width});
    integers(node, "strides", {g.stride_y, g.stride_x});
    integers(node, "pads", {g.padding.top, g.padding.left, g.padding.bottom, g.padding.right});
}

} // namespace

int floatOpset(const Network& network)
{
    const bool hard_swish = std::ranges::any_of(network.layers(), [](const Layer& layer) {
        return layer.activation == Activation::HardSwish;
    });
    return hard_swish ? hard_swish_opset : plain_opset;
}

OnnxWriter::OnnxWriter(const Network& network, int opset)
    : m_network(network), m_model(std::make_unique<onnx::ModelProto>())
{
    m_model->set_ir_version(irVersionOf(opset));
    m_model->set_producer_name("bitdial");
    m_model->set_producer_version(BITDIAL_VERSION);
    importDomain("", opset);
    m_graph = m_model->mutable_graph();
    m_graph->set_name(network.name());
    for (const auto& tensor : network.tensors())
        m_names.insert(tensor.name);
}

OnnxWriter::~OnnxWriter() = default;

std::vector<std::byte> OnnxWriter::write(const OnnxMetadata& metadata)
{
    declare(m_graph->add_input(), m_network.input(), false);
    finishTensor(m_network.input());
    for (int i = 0; i < m_network.layerCount(); ++i) {
        writeLayer(i);
        finishTensor(m_network.layer(i).output);
    }
    const int producer = m_network.tensor(m_network.output()).producer;
    declare(m_graph->add_output(), m_network.output(),
            m_network.layer(producer).kind == LayerKind::Linear);
    for (const auto& [key, value] : metadata) {
        auto* entry = m_model->add_metadata_props();
        entry->set_key(key);
        entry->set_value(value);
    }
    return serialized(*m_model, m_network.name());
}

std::string OnnxWriter::writeWeights(int layer, const std::vector<std::int64_t>& sizes)
{
    return floats(m_network.layer(layer).name + ".weight",
                  m_network.parameters()->layers[std::size_t(layer)].weights, sizes);
}

std::string OnnxWriter::madeName(int tensor) const
{
    return m_network.tensor(tensor).name;
}

std::string OnnxWriter::readName(int tensor) const
{
    return m_network.tensor(tensor).name;
}

void OnnxWriter::finishTensor(int) {}

std::string OnnxWriter::unusedName(std::string name)
{
    while (!m_names.insert(name).second)
        name += "_";
    return name;
}

void OnnxWriter::importDomain(const std::string& domain, int version)
{
    auto* import = m_model->add_opset_import();
    import->set_domain(domain);
    import->set_version(version);
}

void OnnxWriter::declare(onnx::ValueInfoProto* value, int tensor, bool is_flat)
{
    const auto& t = m_network.tensor(tensor);
    value->set_name(t.name);
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_param("N");
    type->mutable_shape()->add_dim()->set_dim_value(t.shape.channels);
    if (is_flat)
        return;
    type->mutable_shape()->add_dim()->set_dim_value(t.shape.height);
    type->mutable_shape()->add_dim()->set_dim_value(t.shape.width);
}

onnx::TensorProto* OnnxWriter::initializer(const std::string& name, int type,
                                           const std::vector<std::int64_t>& sizes)
{
    auto* tensor = m_graph->add_initializer();
    tensor->set_name(unusedName(name));
    tensor->set_data_type(type);
    for (const auto size : sizes)
        tensor->add_dims(size);
    return tensor;
}

std::string OnnxWriter::floats(const std::string& name, const std::vector<float>& values,
                               const std::vector<std::int64_t>& sizes)
{
    auto* tensor = initializer(name, onnx::TensorProto::FLOAT, sizes);
    tensor->set_raw_data(values.data(), values.size() * sizeof(float));
    return tensor->name();
}

onnx::NodeProto* OnnxWriter::node(const std::string& op, const std::string& name,
                                  const std::vector<std::string>& inputs, const std::string& output)
{
    auto* n = m_graph->add_node();
    n->set_op_type(op);
    std::string own = name;
    while (!m_node_names.insert(own).second)
        own += "_";
    n->set_name(own);
    for (const auto& input : inputs)
        n->add_input(input);
    n->add_output(output);
    return n;
}

void OnnxWriter::integers(onnx::NodeProto* node, const std::string& name,
                          const std::vector<std::int64_t>& values)
{
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const auto value : values)
        attribute->add_ints(value);
}

void OnnxWriter::integer(onnx::NodeProto* node, const std::string& name, std::int64_t value)
{
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
}

void OnnxWriter::text(onnx::NodeProto* node, const std::string& name, const std::string& value)
{
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s(value);
}

void OnnxWriter::writeWeighted(int index, const std::string& output)
{
    const auto& layer = m_network.layer(index);
    const auto& bias = m_network.parameters()->layers[std::size_t(index)].bias;
    const auto& g = layer.geometry;
    const std::int64_t out_channels = g.output.channels;
    const bool linear = layer.kind == LayerKind::Linear;
    const bool depthwise = layer.kind == LayerKind::DepthwiseConv;
    std::vector<std::string> inputs = {readName(layer.inputs[0])};
    if (linear) {
        const auto flat = unusedName(inputs[0] + ".flat." + layer.name);
        integer(node("Flatten", layer.name + ".flatten", inputs, flat), "axis", 1);
        inputs[0] = flat;
    }
    const std::int64_t in_channels = depthwise ? 1 : g.input.channels / g.groups;
    const std::vector<std::int64_t> kernel = {out_channels, in_channels, g.kernel_height,
                                              g.kernel_width};
    inputs.push_back(writeWeights(
        index, linear ? std::vector<std::int64_t>{out_channels, g.input.elements()} : kernel));
    if (!bias.empty())
        inputs.push_back(floats(layer.name + ".bias", bias, {out_channels}));
    if (linear) {
        integer(node("Gemm", layer.name, inputs, output), "transB", 1);
        return;
    }
    auto* n = node("Conv", layer.name, inputs, output);
    window(n, g, &OnnxWriter::integers);
    integers(n, "dilations", {g.dilation_y, g.dilation_x});
    integer(n, "group", depthwise ? out_channels : g.groups);
}

void OnnxWriter::writePool(const Layer& layer, const std::string& output)
{
    const bool average = layer.kind == LayerKind::AveragePool;
    const auto& g = layer.geometry;
    auto* n =
        node(average ? "AveragePool" : "MaxPool", layer.name, {readName(layer.inputs[0])}, output);
    window(n, g, &OnnxWriter::integers);
    if (average)
        integer(n, "count_include_pad", g.counts_padding ? 1 : 0);
    else
        integers(n, "dilations", {g.dilation_y, g.dilation_x});
}

void OnnxWriter::writeOperation(int index, const std::string& output)
{
    const auto& layer = m_network.layer(index);
    std::vector<std::string> inputs;
    inputs.reserve(layer.inputs.size());
    for (const int tensor : layer.inputs)
        inputs.push_back(readName(tensor));
    switch (layer.kind) {
    case LayerKind::Conv:
    case LayerKind::DepthwiseConv:
    case LayerKind::Linear:
        return writeWeighted(index, output);
    case LayerKind::Add:
        node("Add", layer.name, inputs, output);
        return;
    case LayerKind::AveragePool:
    case LayerKind::MaxPool:
        return writePool(layer, output);
    case LayerKind::Concat:
        integer(node("Concat", layer.name, inputs, output), "axis", 1);
        return;
    case LayerKind::Elementwise: // its activation is all of it
    case LayerKind::Unsupported: // refused before anything is written
        return;
    }
}

void OnnxWriter::writeNorm(const Layer& layer, const BatchNorm& norm, const std::string& from,
                           const std::string& to)
{
    const std::int64_t channels = layer.geometry.output.channels;
    const std::string prefix = layer.name + ".bn";
    auto* n = node("BatchNormalization", prefix,
                   {from, floats(prefix + ".scale", norm.scale, {channels}),
                    floats(prefix + ".shift", norm.shift, {channels}),
                    floats(prefix + ".mean", norm.mean, {channels}),
                    floats(prefix + ".variance", norm.variance, {channels})},
                   to);
    auto* epsilon = n->add_attribute();
    epsilon->set_name("epsilon");
    epsilon->set_type(onnx::AttributeProto::FLOAT);
    epsilon->set_f(norm.epsilon);
}

void OnnxWriter::writeActivation(const Layer& layer, const std::string& from, const std::string& to)
{
    const bool alone = layer.kind == LayerKind::Elementwise;
    const auto name = [&](const char* suffix) { return alone ? layer.name : layer.name + suffix; };
    switch (layer.activation) {
    case Activation::Relu:
        node("Relu", name(".relu"), {from}, to);
        return;
    case Activation::Sigmoid:
        node("Sigmoid", name(".sigmoid"), {from}, to);
        return;
    case Activation::HardSwish:
        node("HardSwish", name(".hardswish"), {from}, to);
        return;
    case Activation::Clip:
        node("Clip", name(".clip"),
             {from, floats(layer.name + ".clip.min", {0.0F}, {}),
              floats(layer.name + ".clip.max", {layer.clip_max}, {})},
             to);
        return;
    case Activation::None:
        node("Identity", name(".identity"), {from}, to);
        return;
    }
}

void OnnxWriter::writeLayer(int index)
{
    const auto& layer = m_network.layer(index);
    const auto& p = m_network.parameters()->layers[std::size_t(index)];
    const std::string result = madeName(layer.output);
    if (layer.kind == LayerKind::Elementwise) {
        writeActivation(layer, readName(layer.inputs[0]), result);
        return;
    }
    const bool norm = p.batch_norm.has_value();
    const bool activation = layer.activation != Activation::None;
    const std::string raw = norm || activation ? unusedName(layer.name + ".raw") : result;
    writeOperation(index, raw);
    const std::string normed = activation && norm ? unusedName(layer.name + ".normed") : result;
    if (norm)
        writeNorm(layer, *p.batch_norm, raw, normed);
    if (activation)
        writeActivation(layer, norm ? normed : raw, result);
}

} // namespace bitdial
