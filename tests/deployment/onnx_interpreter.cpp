// SPDX-License-Identifier: Apache-2.0
#include "onnx_interpreter.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <stdexcept>

namespace bitdial::test {
namespace {

using Array = OnnxArray;

int bitsOfType(int type)
{
    switch (type) {
    case 2: // uint8
    case 3: // int8
        return 8;
    case 21: // uint4
    case 22: // int4
        return 4;
    case 25: // uint2
    case 26: // int2
        return 2;
    default:
        throw std::runtime_error("no small integer type " + std::to_string(type));
    }
}

bool isSignedType(int type)
{
    return type == 3 || type == 22 || type == 26;
}

Array readTensor(const onnx::TensorProto& tensor)
{
    Array array{{tensor.dims().begin(), tensor.dims().end()}, {}, tensor.data_type()};
    std::size_t count = 1;
    for (const auto size : array.sizes)
        count *= std::size_t(size);
    const auto& raw = tensor.raw_data();
    if (tensor.data_type() == onnx::TensorProto::FLOAT) {
        std::vector<float> floats(count);
        if (raw.size() != count * sizeof(float))
            throw std::runtime_error("wrong number of bytes");
        std::memcpy(floats.data(), raw.data(), raw.size());
        array.values.assign(floats.begin(), floats.end());
        return array;
    }
    const int bits = bitsOfType(tensor.data_type());
    if (raw.size() != (count * std::size_t(bits) + 7) / 8)
        throw std::runtime_error("wrong number of bytes");
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t bit = i * std::size_t(bits);
        int code = (std::uint8_t(raw[bit / 8]) >> (bit % 8)) & ((1 << bits) - 1);
        if (isSignedType(tensor.data_type()) && code >= 1 << (bits - 1))
            code -= 1 << bits;
        array.values.push_back(code);
    }
    return array;
}

class Graph {
public:
    Graph(const onnx::GraphProto& graph, const SeenCodes& seen) : m_graph(graph), m_seen(seen)
    {
        for (const auto& tensor : graph.initializer())
            m_values[tensor.name()] = readTensor(tensor);
    }

    std::vector<double> run(const std::vector<float>& input)
    {
        const auto& declared = m_graph.input(0);
        Array array;
        for (const auto& dim : declared.type().tensor_type().shape().dim())
            array.sizes.push_back(dim.has_dim_param() ? 1 : dim.dim_value());
        array.values.assign(input.begin(), input.end());
        m_values[declared.name()] = array;
        for (const auto& node : m_graph.node()) {
            m_node = &node;
            m_values[node.output(0)] = compute(node.op_type());
        }
        return m_values.at(m_graph.output(0).name()).values;
    }

private:
    const Array& in(int index) const { return m_values.at(m_node->input(index)); }
    const onnx::AttributeProto* attribute(const std::string& name) const
    {
        for (const auto& a : m_node->attribute())
            if (a.name() == name)
                return &a;
        return nullptr;
    }
    std::vector<std::int64_t> integers(const std::string& name) const
    {
        const auto* a = attribute(name);
        return a ? std::vector<std::int64_t>(a->ints().begin(), a->ints().end())
                 : std::vector<std::int64_t>();
    }
    std::int64_t integer(const std::string& name, std::int64_t otherwise) const
    {
        const auto* a = attribute(name);
        return a ? a->i() : otherwise;
    }

    Array compute(const std::string& op)
    {
        if (op == "Conv" || op == "AveragePool" || op == "MaxPool")
            return window(op);
        if (op == "Gemm")
            return gemm();
        if (op == "BatchNormalization")
            return batchNorm();
        if (op == "Concat")
            return concat();
        if (op == "QuantizeLinear")
            return quantize();
        if (op == "DequantizeLinear")
            return dequantize();
        if (op == "IntQuant")
            return intQuant();
        return elementwise(op);
    }

    Array elementwise(const std::string& op) const
    {
        Array y = in(0);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            double& v = y.values[i];
            if (op == "Add")
                v += in(1).values[i];
            else if (op == "Relu")
                v = std::max(v, 0.0);
            else if (op == "Clip")
                v = std::min(std::max(v, in(1).values[0]), in(2).values[0]);
            else if (op != "Identity" && op != "Flatten")
                throw std::runtime_error("no operator " + op);
        }
        if (op == "Flatten")
            y.sizes = {1, std::int64_t(y.values.size())};
        return y;
    }

    /// A convolution or pooling: sums (or maxima) over the window around each output.
    Array window(const std::string& op) const
    {
        const Array& x = in(0);
        const bool is_conv = op == "Conv";
        const auto kernel = integers("kernel_shape");
        const auto stride = integers("strides");
        const auto pads = integers("pads");
        auto dilation = integers("dilations");
        if (dilation.empty())
            dilation = {1, 1};
        const auto groups = integer("group", 1);
        const std::int64_t channels = is_conv ? in(1).sizes[0] : x.sizes[1];
        const auto extent = [&](int d) {
            return (x.sizes[std::size_t(d + 2)] + pads[std::size_t(d)] + pads[std::size_t(d + 2)] -
                    (kernel[std::size_t(d)] - 1) * dilation[std::size_t(d)] - 1) /
                       stride[std::size_t(d)] +
                   1;
        };
        Array y{{1, channels, extent(0), extent(1)}, {}, 1};
        const std::int64_t inputs = is_conv ? x.sizes[1] / groups : 1;
        for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t oy = 0; oy < y.sizes[2]; ++oy)
                for (std::int64_t ox = 0; ox < y.sizes[3]; ++ox) {
                    double sum =
                        is_conv && m_node->input_size() > 2 ? in(2).values[std::size_t(c)] : 0;
                    double top = -INFINITY;
                    std::int64_t inside = 0;
                    for (std::int64_t i = 0; i < inputs; ++i)
                        for (std::int64_t ky = 0; ky < kernel[0]; ++ky)
                            for (std::int64_t kx = 0; kx < kernel[1]; ++kx) {
                                const auto iy = oy * stride[0] + ky * dilation[0] - pads[0];
                                const auto ix = ox * stride[1] + kx * dilation[1] - pads[1];
                                if (iy < 0 || ix < 0 || iy >= x.sizes[2] || ix >= x.sizes[3])
                                    continue;
                                const auto from =
                                    is_conv ? c / (channels / groups) * inputs + i : c;
                                const double v = x.values[std::size_t(
                                    (from * x.sizes[2] + iy) * x.sizes[3] + ix)];
                                const double w =
                                    is_conv
                                        ? in(1).values[std::size_t(
                                              ((c * inputs + i) * kernel[0] + ky) * kernel[1] + kx)]
                                        : 1;
                                sum += w * v;
                                top = std::max(top, v);
                                ++inside;
                            }
                    if (op == "AveragePool")
                        sum /= double(integer("count_include_pad", 0) ? kernel[0] * kernel[1]
                                                                      : inside);
                    y.values.push_back(op == "MaxPool" ? top : sum);
                }
        return y;
    }

    Array gemm() const
    {
        const Array& x = in(0);
        const Array& w = in(1); // transposed: outputs x inputs
        Array y{{1, w.sizes[0]}, {}, 1};
        for (std::int64_t o = 0; o < w.sizes[0]; ++o) {
            double sum = m_node->input_size() > 2 ? in(2).values[std::size_t(o)] : 0;
            for (std::int64_t i = 0; i < w.sizes[1]; ++i)
                sum += w.values[std::size_t(o * w.sizes[1] + i)] * x.values[std::size_t(i)];
            y.values.push_back(sum);
        }
        return y;
    }

    Array batchNorm() const
    {
        Array y = in(0);
        const double epsilon = double(attribute("epsilon")->f());
        const std::size_t plane = y.values.size() / std::size_t(y.sizes[1]);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const std::size_t c = i / plane;
            y.values[i] = in(1).values[c] * (y.values[i] - in(3).values[c]) /
                              std::sqrt(in(4).values[c] + epsilon) +
                          in(2).values[c];
        }
        return y;
    }

    Array concat() const
    {
        Array y = in(0);
        for (int i = 1; i < m_node->input_size(); ++i) {
            y.sizes[1] += in(i).sizes[1];
            y.values.insert(y.values.end(), in(i).values.begin(), in(i).values.end());
        }
        return y;
    }

    Array quantize()
    {
        m_quantized.insert(m_node->output(0));
        const Array& zero = in(2);
        Array y = in(0);
        y.type = zero.type;
        const int bits = bitsOfType(zero.type);
        const double low = isSignedType(zero.type) ? -std::ldexp(1, bits - 1) : 0;
        for (double& v : y.values) {
            const double ratio = v / in(1).values[0];
            const double up = std::floor(ratio + 0.5);
            const double even = up - ratio == 0.5 && std::fmod(up, 2) != 0 ? up - 1 : up;
            v = std::clamp(even + zero.values[0], low, low + std::ldexp(1, bits) - 1);
        }
        return y;
    }

    Array dequantize()
    {
        const Array& x = in(0);
        const Array& scale = in(1);
        Array y = x;
        y.type = 1;
        std::size_t inner = x.values.size();
        if (scale.values.size() > 1) {
            const auto axis = std::size_t(integer("axis", 1));
            inner = 1;
            for (std::size_t d = axis + 1; d < x.sizes.size(); ++d)
                inner *= std::size_t(x.sizes[d]);
        }
        if (m_quantized.contains(m_node->input(0))) // an activation, no constant
            m_seen(m_node->output(0), scale.values[0], y.values);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const std::size_t c = i / inner % scale.values.size();
            y.values[i] = (y.values[i] - in(2).values[c]) * scale.values[c];
        }
        return y;
    }

    Array intQuant()
    {
        if (m_node->domain() != "qonnx.custom_op.general" || !attribute("signed") ||
            !attribute("narrow"))
            throw std::runtime_error("an IntQuant node is not as QONNX writes it");
        Array y = in(0);
        const Array& scale = in(1);
        const double bits = in(3).values.at(0);
        const bool is_signed = integer("signed", 1) != 0;
        const double low = is_signed ? -std::exp2(bits - 1) : 0;
        const double high = low + std::exp2(bits) - 1;
        const bool half_up = attribute("rounding_mode")->s() == "HALF_UP"; // away from zero
        const std::size_t inner = y.values.size() / scale.values.size();
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const double ratio =
                std::clamp(y.values[i] / scale.values[i / inner] + in(2).values[0], low, high);
            y.values[i] = half_up ? std::round(ratio) : std::nearbyint(ratio);
        }
        if (half_up)
            m_seen(m_node->output(0), scale.values[0], y.values);
        for (std::size_t i = 0; i < y.values.size(); ++i)
            y.values[i] = (y.values[i] - in(2).values[0]) * scale.values[i / inner];
        return y;
    }

    const onnx::GraphProto& m_graph;
    const SeenCodes& m_seen;
    const onnx::NodeProto* m_node = nullptr;
    std::map<std::string, Array> m_values;
    std::set<std::string> m_quantized; ///< what QuantizeLinear gave
};

onnx::ModelProto parsed(const std::string& file)
{
    onnx::ModelProto model;
    if (!model.ParseFromString(file))
        throw std::runtime_error("no ONNX file");
    return model;
}

} // namespace

std::vector<double> runOnnx(const std::string& file, const std::vector<float>& input,
                            const SeenCodes& seen)
{
    const auto model = parsed(file);
    return Graph(model.graph(), seen).run(input);
}

std::pair<std::int64_t, std::int64_t> onnxVersions(const std::string& file)
{
    const auto model = parsed(file);
    for (const auto& import : model.opset_import())
        if (import.domain().empty())
            return {import.version(), model.ir_version()};
    throw std::runtime_error("no opset");
}

} // namespace bitdial::test
