// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/network_check.h"
#include "core/network/open_network.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr int plain_opset = 13;
constexpr int hard_swish_opset = 14; // the first that knows HardSwish
constexpr int ir_version = 7;        // of the releases of both

int opsetOf(const Network& network)
{
    const bool hard_swish = std::ranges::any_of(network.layers(), [](const Layer& layer) {
        return layer.activation == Activation::HardSwish;
    });
    return hard_swish ? hard_swish_opset : plain_opset;
}

/// Writes one network as a float ONNX graph; batch norm stays a node of its own.
class OnnxWriter {
public:
    explicit OnnxWriter(const Network& network) : m_network(network)
    {
        m_model.set_ir_version(ir_version);
        m_model.set_producer_name("bitdial");
        m_model.set_producer_version(BITDIAL_VERSION);
        auto* opset = m_model.add_opset_import();
        opset->set_domain("");
        opset->set_version(opsetOf(network));
        m_graph = m_model.mutable_graph();
        m_graph->set_name(network.name());
    }

    std::vector<std::byte> write(const std::vector<std::pair<std::string, std::string>>& metadata)
    {
        declare(m_graph->add_input(), m_network.input());
        for (int i = 0; i < m_network.layerCount(); ++i)
            writeLayer(i);
        writeOutput();
        for (const auto& [key, value] : metadata) {
            auto* entry = m_model.add_metadata_props();
            entry->set_key(key);
            entry->set_value(value);
        }
        std::vector<std::byte> bytes(m_model.ByteSizeLong());
        if (!m_model.SerializeToArray(bytes.data(), int(bytes.size())))
            throw Error(ErrorCode::Failed, "Cannot write the network as ONNX", m_network.name(),
                        "serialisation failed", "Report this with the network");
        return bytes;
    }

private:
    void declare(onnx::ValueInfoProto* value, int tensor)
    {
        const auto& t = m_network.tensor(tensor);
        value->set_name(t.name);
        auto* type = value->mutable_type()->mutable_tensor_type();
        type->set_elem_type(onnx::TensorProto::FLOAT);
        type->mutable_shape()->add_dim()->set_dim_param("N");
        for (const int size : {t.shape.channels, t.shape.height, t.shape.width})
            type->mutable_shape()->add_dim()->set_dim_value(size);
    }

    void writeOutput()
    {
        const auto& t = m_network.tensor(m_network.output());
        auto* value = m_graph->add_output();
        value->set_name(t.name);
        auto* type = value->mutable_type()->mutable_tensor_type();
        type->set_elem_type(onnx::TensorProto::FLOAT);
        type->mutable_shape()->add_dim()->set_dim_param("N");
        if (m_network.layer(t.producer).kind == LayerKind::Linear) {
            type->mutable_shape()->add_dim()->set_dim_value(t.shape.channels);
            return;
        }
        for (const int size : {t.shape.channels, t.shape.height, t.shape.width})
            type->mutable_shape()->add_dim()->set_dim_value(size);
    }

    std::string initializer(const std::string& name, const std::vector<float>& values,
                            const std::vector<std::int64_t>& sizes)
    {
        auto* tensor = m_graph->add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        for (const auto size : sizes)
            tensor->add_dims(size);
        tensor->set_raw_data(values.data(), values.size() * sizeof(float));
        return name;
    }

    onnx::NodeProto* node(const std::string& op, const std::string& name,
                          const std::vector<std::string>& inputs, const std::string& output)
    {
        auto* n = m_graph->add_node();
        n->set_op_type(op);
        n->set_name(name);
        for (const auto& input : inputs)
            n->add_input(input);
        n->add_output(output);
        return n;
    }

    static void integers(onnx::NodeProto* node, const std::string& name,
                         const std::vector<std::int64_t>& values)
    {
        auto* attribute = node->add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::INTS);
        for (const auto value : values)
            attribute->add_ints(value);
    }

    static void integer(onnx::NodeProto* node, const std::string& name, std::int64_t value)
    {
        auto* attribute = node->add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::INT);
        attribute->set_i(value);
    }

    static void window(onnx::NodeProto* node, const LayerGeometry& g)
    {
        integers(node, "kernel_shape", {g.kernel_height, g.kernel_width});
        integers(node, "strides", {g.stride_y, g.stride_x});
        integers(node, "pads", {g.padding.top, g.padding.left, g.padding.bottom, g.padding.right});
    }

    void writeOperation(const Layer& layer, const LayerParameters& p, const std::string& output)
    {
        const auto& g = layer.geometry;
        const auto& in = m_network.tensor(layer.inputs[0]).name;
        std::vector<std::string> inputs = {in};
        const std::int64_t out_channels = g.output.channels;
        if (layer.kind == LayerKind::Linear) {
            inputs = {in + ".flat." + layer.name};
            integer(node("Flatten", layer.name + ".flatten", {in}, inputs[0]), "axis", 1);
            inputs.push_back(
                initializer(layer.name + ".weight", p.weights, {out_channels, g.input.elements()}));
        } else if (layer.hasWeights()) {
            const bool depthwise = layer.kind == LayerKind::DepthwiseConv;
            inputs.push_back(initializer(layer.name + ".weight", p.weights,
                                         {out_channels, depthwise ? 1 : g.input.channels / g.groups,
                                          g.kernel_height, g.kernel_width}));
        }
        if (!p.bias.empty())
            inputs.push_back(initializer(layer.name + ".bias", p.bias, {out_channels}));
        switch (layer.kind) {
        case LayerKind::Linear:
            integer(node("Gemm", layer.name, inputs, output), "transB", 1);
            return;
        case LayerKind::Add:
            node("Add", layer.name, {in, m_network.tensor(layer.inputs[1]).name}, output);
            return;
        case LayerKind::AveragePool: {
            auto* n = node("AveragePool", layer.name, inputs, output);
            window(n, g);
            integer(n, "count_include_pad", g.counts_padding ? 1 : 0);
            return;
        }
        case LayerKind::MaxPool: {
            auto* n = node("MaxPool", layer.name, inputs, output);
            window(n, g);
            integers(n, "dilations", {g.dilation_y, g.dilation_x});
            return;
        }
        case LayerKind::Concat: {
            inputs.clear();
            for (const int t : layer.inputs)
                inputs.push_back(m_network.tensor(t).name);
            integer(node("Concat", layer.name, inputs, output), "axis", 1);
            return;
        }
        case LayerKind::Elementwise: // its activation is all of it
        case LayerKind::Unsupported: // refused before anything is written
            return;
        case LayerKind::Conv:
        case LayerKind::DepthwiseConv: {
            auto* n = node("Conv", layer.name, inputs, output);
            window(n, g);
            integers(n, "dilations", {g.dilation_y, g.dilation_x});
            integer(n, "group", layer.kind == LayerKind::DepthwiseConv ? out_channels : g.groups);
            return;
        }
        }
    }

    void writeNorm(const Layer& layer, const BatchNorm& norm, const std::string& from,
                   const std::string& to)
    {
        const std::int64_t channels = layer.geometry.output.channels;
        const std::string prefix = layer.name + ".bn";
        auto* n = node("BatchNormalization", prefix,
                       {from, initializer(prefix + ".scale", norm.scale, {channels}),
                        initializer(prefix + ".shift", norm.shift, {channels}),
                        initializer(prefix + ".mean", norm.mean, {channels}),
                        initializer(prefix + ".variance", norm.variance, {channels})},
                       to);
        auto* epsilon = n->add_attribute();
        epsilon->set_name("epsilon");
        epsilon->set_type(onnx::AttributeProto::FLOAT);
        epsilon->set_f(norm.epsilon);
    }

    void writeActivation(const Layer& layer, const std::string& from, const std::string& to)
    {
        const bool alone = layer.kind == LayerKind::Elementwise;
        const auto name = [&](const char* suffix) {
            return alone ? layer.name : layer.name + suffix;
        };
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
                 {from, initializer(layer.name + ".clip.min", {0.0F}, {}),
                  initializer(layer.name + ".clip.max", {layer.clip_max}, {})},
                 to);
            return;
        case Activation::None:
            node("Identity", name(".identity"), {from}, to);
            return;
        }
    }

    void writeLayer(int index)
    {
        const auto& layer = m_network.layer(index);
        const auto& p = m_network.parameters()->layers[std::size_t(index)];
        const std::string& result = m_network.tensor(layer.output).name;
        if (layer.kind == LayerKind::Elementwise) {
            writeActivation(layer, m_network.tensor(layer.inputs[0]).name, result);
            return;
        }
        const bool norm = p.batch_norm.has_value();
        const bool activation = layer.activation != Activation::None;
        const std::string raw = norm || activation ? layer.name + ".raw" : result;
        writeOperation(layer, p, raw);
        const std::string normed = activation && norm ? layer.name + ".normed" : result;
        if (norm)
            writeNorm(layer, *p.batch_norm, raw, normed);
        if (activation)
            writeActivation(layer, norm ? normed : raw, result);
    }

    const Network& m_network;
    onnx::ModelProto m_model;
    onnx::GraphProto* m_graph = nullptr;
};

} // namespace

std::vector<std::byte> exportOnnx(const Network& network,
                                  const std::vector<std::pair<std::string, std::string>>& metadata)
{
    if (!network.hasParameters())
        throw Error(ErrorCode::Infeasible, "Cannot write the network as ONNX", network.name(),
                    "it has no weights", "Train it first");
    checkSupported(network);
    return OnnxWriter(network).write(metadata);
}

} // namespace bitdial
