// SPDX-License-Identifier: Apache-2.0
#include "integer_graph_runner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace bitdial::test {
namespace {

class Runner {
public:
    explicit Runner(const OnnxFile& graph) : m_graph(graph)
    {
        for (const auto& constant : graph.constants) {
            GraphValue value{constant.dimensions, {}};
            std::visit(
                [&](const auto& numbers) {
                    for (const auto number : numbers) {
                        if (double(number) != std::floor(double(number)))
                            throw std::runtime_error("no integer in " + constant.name);
                        value.values.push_back(std::int64_t(number));
                    }
                },
                constant.values);
            m_values[constant.name] = value;
        }
    }

    /// Which values have a sign, which DORY takes from what made them.
    void learnSigns(bool input_is_signed)
    {
        m_signed[m_graph.inputs.front().name] = input_is_signed;
        for (const auto& node : m_graph.nodes) {
            if (node.op == "Clip")
                m_signed[node.output] = integer(node, "min") < 0;
            else if (node.op == "Add" && node.attributes.size() > 1)
                m_signed[node.output] = integer(node, "out_signed") != 0;
            else if (node.op == "MaxPool")
                m_signed[node.output] = m_signed.at(node.inputs[0]);
        }
    }

    std::map<std::string, GraphValue> run(GraphValue input)
    {
        m_values[m_graph.inputs.front().name] = std::move(input);
        for (const auto& node : m_graph.nodes) {
            auto result = compute(node);
            for (const auto value : result.values)
                if (std::abs(value) > std::numeric_limits<std::int32_t>::max())
                    throw std::runtime_error("more than 32 bits behind " + node.op);
            m_values[node.output] = std::move(result);
        }
        return std::move(m_values);
    }

private:
    static std::int64_t integer(const OnnxFileNode& node, const std::string& name)
    {
        for (const auto& attribute : node.attributes)
            if (attribute.name == name) {
                if (const auto* real = std::get_if<float>(&attribute.value))
                    return std::int64_t(*real);
                if (const auto* tensor = std::get_if<OnnxFileConstant>(&attribute.value))
                    return std::int64_t(std::get<std::vector<float>>(tensor->values)[0]);
                return std::get<std::int64_t>(attribute.value);
            }
        throw std::runtime_error(node.op + " has no " + name);
    }
    static std::vector<std::int64_t> list(const OnnxFileNode& node, const std::string& name)
    {
        for (const auto& attribute : node.attributes)
            if (attribute.name == name)
                return std::get<std::vector<std::int64_t>>(attribute.value);
        throw std::runtime_error(node.op + " has no " + name);
    }
    const GraphValue& operand(const OnnxFileNode& node, std::size_t index) const
    {
        return m_values.at(node.inputs.at(index));
    }
    /// A constant for channel c: one for all, or one per channel.
    static std::int64_t channelOf(const GraphValue& constant, std::size_t c)
    {
        return constant.values.size() == 1 ? constant.values[0] : constant.values.at(c);
    }

    GraphValue compute(const OnnxFileNode& node)
    {
        if (node.op == "Conv")
            return conv(node);
        if (node.op == "Gemm")
            return gemm(node);
        if (node.op == "AveragePool" || node.op == "MaxPool")
            return pool(node);
        if (node.op == "RequantShift")
            return requantShift(node);
        if (node.op == "Constant")
            return {{}, {integer(node, "value")}};
        if (node.op == "Add" && operand(node, 0).values.size() == operand(node, 1).values.size() &&
            node.attributes.size() != 1)
            return node.attributes.empty() ? plainAdd(node) : doryAdd(node);
        return elementwise(node);
    }

    GraphValue elementwise(const OnnxFileNode& node)
    {
        GraphValue x = operand(node, 0);
        if (node.op == "Flatten")
            return {{std::int64_t(x.values.size())}, x.values};
        const std::size_t channels = std::size_t(x.sizes[0]);
        const std::size_t plane = x.values.size() / channels;
        const auto window = m_windows.find(node.inputs[0]);
        for (std::size_t i = 0; i < x.values.size(); ++i) {
            auto& value = x.values[i];
            if (node.op == "Mul") {
                const std::int64_t factor = channelOf(operand(node, 1), i / plane);
                const std::int64_t parts = window == m_windows.end() ? 1 : window->second;
                if (factor % parts != 0)
                    throw std::runtime_error("a pooling's factor is no multiple of its window");
                value *= factor / parts;
            } else if (node.op == "Add") {
                value += channelOf(operand(node, 1), i / plane);
            } else if (node.op == "Div") {
                // What follows is Floor: together a floor division.
                value =
                    std::int64_t(std::floor(double(value) / double(operand(node, 1).values.at(0))));
            } else if (node.op == "Clip") {
                value = std::clamp(value, integer(node, "min"), integer(node, "max"));
            } else if (node.op != "Floor") {
                throw std::runtime_error("unknown node " + node.op);
            }
        }
        return x;
    }

    GraphValue conv(const OnnxFileNode& node)
    {
        const GraphValue& x = operand(node, 0);
        const GraphValue& w = operand(node, 1);
        const auto strides = list(node, "strides");
        const auto pads = list(node, "pads");
        const std::int64_t groups = integer(node, "group");
        const std::int64_t height = (x.sizes[1] + pads[0] + pads[2] - w.sizes[2]) / strides[0] + 1;
        const std::int64_t width = (x.sizes[2] + pads[1] + pads[3] - w.sizes[3]) / strides[1] + 1;
        GraphValue y{{w.sizes[0], height, width}, {}};
        const std::int64_t per_group = w.sizes[0] / groups;
        for (std::int64_t o = 0; o < w.sizes[0]; ++o)
            for (std::int64_t oy = 0; oy < height; ++oy)
                for (std::int64_t ox = 0; ox < width; ++ox) {
                    std::int64_t sum = 0;
                    for (std::int64_t i = 0; i < w.sizes[1]; ++i)
                        for (std::int64_t ky = 0; ky < w.sizes[2]; ++ky)
                            for (std::int64_t kx = 0; kx < w.sizes[3]; ++kx) {
                                const std::int64_t iy = oy * strides[0] - pads[0] + ky;
                                const std::int64_t ix = ox * strides[1] - pads[1] + kx;
                                if (iy < 0 || ix < 0 || iy >= x.sizes[1] || ix >= x.sizes[2])
                                    continue;
                                const std::int64_t c = o / per_group * w.sizes[1] + i;
                                sum +=
                                    x.values[std::size_t((c * x.sizes[1] + iy) * x.sizes[2] + ix)] *
                                    w.values[std::size_t(((o * w.sizes[1] + i) * w.sizes[2] + ky) *
                                                             w.sizes[3] +
                                                         kx)];
                            }
                    y.values.push_back(sum);
                }
        return y;
    }

    GraphValue gemm(const OnnxFileNode& node)
    {
        const GraphValue& x = operand(node, 0);
        const GraphValue& w = operand(node, 1);
        GraphValue y{{w.sizes[0]}, {}};
        for (std::int64_t o = 0; o < w.sizes[0]; ++o) {
            std::int64_t sum = node.inputs.size() > 2 ? operand(node, 2).values[std::size_t(o)] : 0;
            for (std::int64_t i = 0; i < w.sizes[1]; ++i)
                sum += x.values.at(std::size_t(i)) * w.values[std::size_t(o * w.sizes[1] + i)];
            y.values.push_back(sum);
        }
        return y;
    }

    GraphValue pool(const OnnxFileNode& node)
    {
        const GraphValue& x = operand(node, 0);
        const auto kernel = list(node, "kernel_shape");
        const auto strides = list(node, "strides");
        const auto pads = list(node, "pads");
        const std::int64_t height = (x.sizes[1] + pads[0] + pads[2] - kernel[0]) / strides[0] + 1;
        const std::int64_t width = (x.sizes[2] + pads[1] + pads[3] - kernel[1]) / strides[1] + 1;
        GraphValue y{{x.sizes[0], height, width}, {}};
        for (std::int64_t c = 0; c < x.sizes[0]; ++c)
            for (std::int64_t oy = 0; oy < height; ++oy)
                for (std::int64_t ox = 0; ox < width; ++ox) {
                    std::int64_t sum = 0;
                    std::int64_t top = std::numeric_limits<std::int64_t>::min();
                    for (std::int64_t ky = 0; ky < kernel[0]; ++ky)
                        for (std::int64_t kx = 0; kx < kernel[1]; ++kx) {
                            const std::int64_t iy = oy * strides[0] - pads[0] + ky;
                            const std::int64_t ix = ox * strides[1] - pads[1] + kx;
                            if (iy < 0 || ix < 0 || iy >= x.sizes[1] || ix >= x.sizes[2])
                                continue;
                            const std::int64_t value =
                                x.values[std::size_t((c * x.sizes[1] + iy) * x.sizes[2] + ix)];
                            sum += value;
                            top = std::max(top, value);
                        }
                    y.values.push_back(node.op == "MaxPool" ? top : sum);
                }
        if (node.op == "AveragePool")
            m_windows[node.output] = kernel[0] * kernel[1];
        return y;
    }

    static std::int64_t scaled(std::int64_t x, std::int64_t mul, std::int64_t add, int shift)
    {
        const std::int64_t sum = x * mul + add;
        if (std::abs(sum) > std::numeric_limits<std::int32_t>::max())
            throw std::runtime_error("a requantization needs more than 32 bits");
        return std::int64_t(std::floor(std::ldexp(double(sum), -shift)));
    }

    /// Deeploy: ((x * mul + add + div / 2) >> log2 div), clipped; div / 2 counts as an integer.
    GraphValue requantShift(const OnnxFileNode& node)
    {
        GraphValue x = operand(node, 0);
        const std::int64_t div = integer(node, "div");
        const std::int64_t levels = integer(node, "n_levels_out");
        const bool is_signed = integer(node, "signed") != 0;
        const std::size_t plane = x.values.size() / std::size_t(x.sizes[0]);
        for (std::size_t i = 0; i < x.values.size(); ++i) {
            const std::int64_t value =
                scaled(x.values[i], channelOf(operand(node, 1), i / plane),
                       channelOf(operand(node, 2), i / plane) + div / 2, int(std::log2(div)));
            const std::int64_t low = is_signed ? -levels / 2 : 0;
            x.values[i] = std::clamp(value, low, low + levels - 1);
        }
        return x;
    }

    GraphValue plainAdd(const OnnxFileNode& node)
    {
        GraphValue x = operand(node, 0);
        for (std::size_t i = 0; i < x.values.size(); ++i)
            x.values[i] += operand(node, 1).values[i];
        return x;
    }

    /// What a kernel for signed or unsigned integers reads where another type was written.
    static std::int64_t readAs(std::int64_t value, std::int64_t levels, bool is_signed)
    {
        const std::int64_t bits = value & (levels - 1);
        return is_signed && bits >= levels / 2 ? bits - levels : bits;
    }

    /// The call that DORY's code makes of an Add: the first operand is the tensor computed last,
    /// i.e. that of the larger number; the kernel is named after the types of the node's inputs in
    /// their order; the first operand gets the set of parameters called 2, the sets having been
    /// exchanged where the first input has the larger number.
    struct AddCall {
        std::array<std::string, 2> operands;
        std::array<bool, 2> is_signed;
        std::array<std::string, 2> parameters; ///< prefixes of the attributes
    };
    AddCall addCall(const OnnxFileNode& node) const
    {
        const std::string& first = node.inputs.at(0);
        const std::string& second = node.inputs.at(1);
        AddCall call;
        call.is_signed = {m_signed.at(first), m_signed.at(second)};
        const bool first_is_later = std::stoi(first) > std::stoi(second);
        call.operands = first_is_later ? std::array{first, second} : std::array{second, first};
        call.parameters = {first_is_later ? "in1_" : "in2_", first_is_later ? "in2_" : "in1_"};
        return call;
    }

    /// The 3-tensor add: each operand to 8 bits, the sum to the output's width.
    GraphValue doryAdd(const OnnxFileNode& node)
    {
        const AddCall call = addCall(node);
        GraphValue y = m_values.at(call.operands[0]);
        const std::int64_t levels = integer(node, "out_n_levels");
        const std::int64_t low = integer(node, "out_signed") != 0 ? -levels / 2 : 0;
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            std::int64_t sum = 0;
            for (std::size_t side = 0; side < 2; ++side) {
                const bool is_signed = call.is_signed[side];
                const std::string& own = call.parameters[side];
                const std::int64_t x = readAs(m_values.at(call.operands[side]).values[i],
                                              integer(node, own + "n_levels"), is_signed);
                const std::int64_t value =
                    scaled(x, integer(node, own + "mul"), integer(node, own + "add"),
                           int(integer(node, own + "shift")));
                sum += std::clamp<std::int64_t>(value, is_signed ? -128 : 0, is_signed ? 127 : 255);
            }
            y.values[i] = std::clamp(scaled(sum, integer(node, "out_mul"), integer(node, "out_add"),
                                            int(integer(node, "out_shift"))),
                                     low, low + levels - 1);
        }
        return y;
    }

    const OnnxFile& m_graph;
    std::map<std::string, GraphValue> m_values;
    std::map<std::string, std::int64_t> m_windows; ///< of average poolings
    std::map<std::string, bool> m_signed;
};

} // namespace

std::map<std::string, GraphValue> runIntegerGraph(const OnnxFile& graph, GraphValue input,
                                                  bool input_is_signed)
{
    Runner runner(graph);
    runner.learnSigns(input_is_signed);
    return runner.run(std::move(input));
}

} // namespace bitdial::test
