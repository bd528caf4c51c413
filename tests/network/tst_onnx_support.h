// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/network/network.h"
#include "core/network/open/open_network.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bitdial::test {

using Numbers = std::vector<double>;

/// Numbers that differ everywhere, of both signs, the same on every run.
inline std::vector<float> variedNumbers(std::size_t count, int seed = 1)
{
    std::vector<float> values(count);
    std::uint32_t state = 12345U + 7919U * std::uint32_t(seed);
    for (auto& value : values) {
        state = state * 1664525U + 1013904223U;
        value = float(int(state >> 16) % 2001 - 1000) / 500.0F;
    }
    return values;
}

/// An ONNX file in the making; nodes are named after their first output.
class OnnxFile {
public:
    explicit OnnxFile(const std::vector<int>& input = {1, 2, 4, 4}, int opset = 13)
    {
        m_model.set_ir_version(7);
        m_model.add_opset_import()->set_version(opset);
        graph().set_name("small");
        declare(*graph().add_input(), "x", input);
    }
    onnx::ModelProto& model() { return m_model; }
    onnx::GraphProto& graph() { return *m_model.mutable_graph(); }

    onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                          const std::string& output)
    {
        auto* node = graph().add_node();
        node->set_op_type(op);
        node->set_name(output);
        for (const auto& input : inputs)
            node->add_input(input);
        node->add_output(output);
        return *node;
    }
    static void integer(onnx::NodeProto& node, const std::string& name, std::int64_t value)
    {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::INT);
        attribute->set_i(value);
    }
    static void real(onnx::NodeProto& node, const std::string& name, float value)
    {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::FLOAT);
        attribute->set_f(value);
    }
    static void text(onnx::NodeProto& node, const std::string& name, const std::string& value)
    {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::STRING);
        attribute->set_s(value);
    }
    static void integers(onnx::NodeProto& node, const std::string& name,
                         const std::vector<std::int64_t>& values)
    {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(onnx::AttributeProto::INTS);
        for (const auto value : values)
            attribute->add_ints(value);
    }
    onnx::TensorProto& floats(const std::string& name, const std::vector<int>& sizes,
                              const std::vector<float>& values)
    {
        auto& tensor = initializer(name, sizes, onnx::TensorProto::FLOAT);
        for (const float value : values)
            tensor.add_float_data(value);
        return tensor;
    }
    /// A tensor of varied numbers; returns them.
    std::vector<float> varied(const std::string& name, const std::vector<int>& sizes, int seed = 1)
    {
        std::size_t count = 1;
        for (const int size : sizes)
            count *= std::size_t(size);
        auto values = variedNumbers(count, seed);
        floats(name, sizes, values);
        return values;
    }
    onnx::TensorProto& longs(const std::string& name, const std::vector<std::int64_t>& values,
                             bool scalar = false)
    {
        auto& tensor =
            initializer(name, scalar ? std::vector<int>{} : std::vector<int>{int(values.size())},
                        onnx::TensorProto::INT64);
        for (const auto value : values)
            tensor.add_int64_data(value);
        return tensor;
    }
    onnx::TensorProto& initializer(const std::string& name, const std::vector<int>& sizes, int type)
    {
        auto* tensor = graph().add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(type);
        for (const int size : sizes)
            tensor->add_dims(size);
        return *tensor;
    }
    /// 1x1 convolution of two channels.
    onnx::NodeProto& conv(const std::string& input, const std::string& output)
    {
        varied(output + ".w", {2, 2, 1, 1});
        return node("Conv", {input, output + ".w"}, output);
    }
    void output(const std::string& name) { graph().add_output()->set_name(name); }

    static void declare(onnx::ValueInfoProto& value, const std::string& name,
                        const std::vector<int>& sizes)
    {
        value.set_name(name);
        auto* type = value.mutable_type()->mutable_tensor_type();
        type->set_elem_type(onnx::TensorProto::FLOAT);
        type->mutable_shape();
        for (const int size : sizes) {
            auto* dim = type->mutable_shape()->add_dim();
            if (size < 0)
                dim->set_dim_param("N");
            else
                dim->set_dim_value(size);
        }
    }

    std::shared_ptr<const Network> import()
    {
        const auto bytes = m_model.SerializeAsString();
        return importOnnx(std::as_bytes(std::span(bytes)), "small.onnx");
    }
    std::shared_ptr<const Network> import(const std::string& last)
    {
        output(last);
        return import();
    }
    /// The error that refuses the file; code Failed when there is none.
    ErrorDetails refusal()
    {
        try {
            import();
        } catch (const Error& error) {
            return error.details();
        }
        return {};
    }
    ErrorDetails refusal(const std::string& last)
    {
        output(last);
        return refusal();
    }

private:
    onnx::ModelProto m_model;
};

/// Evaluates a network with plain loops in double: the meaning of a Layer, written down once more.
class Interpreter {
public:
    explicit Interpreter(const Network& network) : m_network(network) {}

    /// `input` and the result in C, H, W order.
    Numbers run(const Numbers& input)
    {
        m_values.assign(std::size_t(m_network.tensorCount()), {});
        m_values[std::size_t(m_network.input())] = input;
        for (int i = 0; i < m_network.layerCount(); ++i)
            step(m_network.layer(i), m_network.parameters()->layers[std::size_t(i)]);
        return m_values[std::size_t(m_network.output())];
    }

private:
    const Numbers& in(const Layer& layer, int index = 0) const
    {
        return m_values[std::size_t(layer.inputs[std::size_t(index)])];
    }

    void step(const Layer& layer, const LayerParameters& p)
    {
        Numbers out;
        switch (layer.kind) {
        case LayerKind::Conv:
        case LayerKind::DepthwiseConv:
            out = conv(layer, p);
            break;
        case LayerKind::Linear:
            out = linear(layer, p);
            break;
        case LayerKind::Add:
            out = in(layer);
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] += in(layer, 1)[i];
            break;
        case LayerKind::Concat:
            for (int i = 0; i < int(layer.inputs.size()); ++i)
                out.insert(out.end(), in(layer, i).begin(), in(layer, i).end());
            break;
        case LayerKind::MaxPool:
        case LayerKind::AveragePool:
            out = pool(layer);
            break;
        case LayerKind::Elementwise:
        case LayerKind::Unsupported:
            out = in(layer);
            break;
        }
        finish(layer, p, out);
        m_values[std::size_t(layer.output)] = std::move(out);
    }

    Numbers conv(const Layer& layer, const LayerParameters& p) const
    {
        const auto& g = layer.geometry;
        const int groups = layer.kind == LayerKind::DepthwiseConv ? g.input.channels : g.groups;
        const int ins = g.input.channels / groups;
        const int outs = g.output.channels / groups;
        Numbers out;
        for (int o = 0; o < g.output.channels; ++o)
            for (int y = 0; y < g.output.height; ++y)
                for (int x = 0; x < g.output.width; ++x) {
                    double sum = 0;
                    for (int i = 0; i < ins; ++i)
                        for (int ky = 0; ky < g.kernel_height; ++ky)
                            for (int kx = 0; kx < g.kernel_width; ++kx) {
                                const int iy = y * g.stride_y + ky * g.dilation_y - g.padding.top;
                                const int ix = x * g.stride_x + kx * g.dilation_x - g.padding.left;
                                if (inside(g, iy, ix))
                                    sum += at(layer, o / outs * ins + i, iy, ix) *
                                           double(p.weights[std::size_t(
                                               ((o * ins + i) * g.kernel_height + ky) *
                                                   g.kernel_width +
                                               kx)]);
                            }
                    out.push_back(sum);
                }
        return out;
    }

    static bool inside(const LayerGeometry& g, int y, int x)
    {
        return y >= 0 && x >= 0 && y < g.input.height && x < g.input.width;
    }
    double at(const Layer& layer, int channel, int y, int x) const
    {
        const auto& shape = layer.geometry.input;
        return in(layer)[std::size_t((channel * shape.height + y) * shape.width + x)];
    }

    Numbers linear(const Layer& layer, const LayerParameters& p) const
    {
        const auto& x = in(layer);
        Numbers out(std::size_t(layer.geometry.output.channels), 0.0);
        for (std::size_t o = 0; o < out.size(); ++o)
            for (std::size_t i = 0; i < x.size(); ++i)
                out[o] += x[i] * double(p.weights[o * x.size() + i]);
        return out;
    }

    Numbers pool(const Layer& layer) const
    {
        const auto& g = layer.geometry;
        Numbers out;
        for (int c = 0; c < g.output.channels; ++c)
            for (int y = 0; y < g.output.height; ++y)
                for (int x = 0; x < g.output.width; ++x) {
                    double sum = 0;
                    double most = -std::numeric_limits<double>::infinity();
                    int count = 0;
                    for (int ky = 0; ky < g.kernel_height; ++ky)
                        for (int kx = 0; kx < g.kernel_width; ++kx) {
                            const int iy = y * g.stride_y + ky * g.dilation_y - g.padding.top;
                            const int ix = x * g.stride_x + kx * g.dilation_x - g.padding.left;
                            if (!inside(g, iy, ix))
                                continue;
                            ++count;
                            sum += at(layer, c, iy, ix);
                            most = std::max(most, at(layer, c, iy, ix));
                        }
                    const int all = g.kernel_height * g.kernel_width;
                    out.push_back(layer.kind == LayerKind::MaxPool
                                      ? most
                                      : sum / (g.counts_padding ? all : count));
                }
        return out;
    }

    static void finish(const Layer& layer, const LayerParameters& p, Numbers& out)
    {
        const std::size_t pixels =
            std::size_t(layer.geometry.output.height) * std::size_t(layer.geometry.output.width);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t c = i / pixels;
            if (!p.bias.empty())
                out[i] += double(p.bias[c]);
            if (p.batch_norm) {
                const auto& n = *p.batch_norm;
                out[i] = double(n.scale[c]) * (out[i] - double(n.mean[c])) /
                             std::sqrt(double(n.variance[c]) + double(n.epsilon)) +
                         double(n.shift[c]);
            }
            out[i] = activated(layer, out[i]);
        }
    }

    static double activated(const Layer& layer, double x)
    {
        switch (layer.activation) {
        case Activation::None:
            return x;
        case Activation::Relu:
            return std::max(x, 0.0);
        case Activation::Clip:
            return std::min(std::max(x, 0.0), double(layer.clip_max));
        case Activation::HardSwish:
            return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0);
        case Activation::Sigmoid:
            return 1 / (1 + std::exp(-x));
        }
        return x;
    }

    const Network& m_network;
    std::vector<Numbers> m_values;
};

inline Numbers asDoubles(const std::vector<float>& values)
{
    return {values.begin(), values.end()};
}

/// Largest difference, relative to the largest expected number (or 1); infinite when the counts
/// differ.
inline double difference(const Numbers& got, const Numbers& expected)
{
    if (got.size() != expected.size())
        return std::numeric_limits<double>::infinity();
    double scale = 1;
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        scale = std::max(scale, std::abs(expected[i]));
        worst = std::max(worst, std::abs(got[i] - expected[i]));
    }
    return std::isfinite(worst) ? worst / scale : std::numeric_limits<double>::infinity();
}

inline NodeReport reportOf(const Network& network, const std::string& node)
{
    const auto found = std::ranges::find(network.report(), node, &NodeReport::name);
    return found == network.report().end() ? NodeReport{} : *found;
}

inline bool mentions(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace bitdial::test
