// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/deeploy_graph.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/deployment/interchange/deeploy_limits.h"
#include "core/deployment/interchange/padded_planes.h"
#include "core/deployment/interchange/symmetric_window.h"
#include "core/quantization/requantization.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace bitdial {
namespace {

constexpr int deeploy_opset = 13;
constexpr int deeploy_ir_version = 7;
constexpr std::int64_t largest_narrowed = 64;
constexpr std::int64_t int32_limit = std::int64_t(1) << 31;

/// (mul * x + add) >> shift; `add` has half of 2^shift in it.
struct Requant {
    std::vector<std::int32_t> mul;
    std::vector<std::int32_t> add;
    int shift = 0;
    bool is_signed = false;
};

using Sizes = std::vector<std::int64_t>;

TensorShape padded(TensorShape shape, const Padding& padding)
{
    shape.height += padding.top + padding.bottom;
    shape.width += padding.left + padding.right;
    return shape;
}

bool exceedsInput(const LayerGeometry& g)
{
    const SymmetricWindow window(g);
    return window.height > g.input.height || window.width > g.input.width;
}

/// Deeploy finds no tile for a convolution whose window is larger than its input without padding.
/// The network's own input can have the padding in it.
Padding inputPadding(const Network& network)
{
    const auto& consumers = network.tensor(network.input()).consumers;
    if (consumers.size() != 1 || network.layer(consumers[0]).kind != LayerKind::Conv)
        return {};
    const auto& g = network.layer(consumers[0]).geometry;
    return exceedsInput(g) ? g.padding : Padding{};
}

class DeeployWriter {
public:
    DeeployWriter(DeeployGraph& graph, const IntegerNetwork& folded,
                  const LogitNarrowing& narrowing)
        : m_graph(graph), m_folded(folded), m_network(*folded.network), m_narrowing(narrowing)
    {
    }
    void write();

private:
    [[noreturn]] void refuse(const Layer& layer, const std::string& why,
                             const std::string& next) const
    {
        throw Error(ErrorCode::Infeasible, "The layer cannot be exported to Deeploy",
                    shownName(m_network.name()) + ": layer '" + shownName(layer.name) + "'", why,
                    next);
    }
    void writeLayer(int index);
    std::string writeConv(const Layer& layer, LayerGeometry geometry,
                          const std::vector<float>& weights);
    std::string writeAdd(const Layer& layer, const IntegerLayer& folded);
    void writeRequant(const Layer& layer, const std::string& from, const std::string& to,
                      const Requant& requant, const Sizes& shape);
    Requant logitRequant(const IntegerLayer& folded) const;
    void notePaddedInput();

    const std::string& nameOf(int tensor) const { return m_graph.names[std::size_t(tensor)]; }
    Sizes shapeOf(int tensor) const
    {
        TensorShape shape = m_network.tensor(tensor).shape;
        if (tensor == m_network.input())
            shape = padded(shape, m_graph.input_padding);
        return {1, shape.channels, shape.height, shape.width};
    }
    template <typename Number>
    std::string constant(const std::string& name, const Sizes& dimensions,
                         std::vector<Number> values)
    {
        m_graph.file.constants.push_back({name, dimensions, std::move(values)});
        return name;
    }
    /// Deeploy infers no shapes: each value's is said.
    void node(const std::string& op, const std::vector<std::string>& inputs,
              const std::string& output, const Sizes& shape,
              std::vector<OnnxFileAttribute> attributes = {})
    {
        m_graph.file.nodes.push_back({op, inputs, output, std::move(attributes), {}});
        if (output != nameOf(m_network.output()))
            m_graph.file.values.push_back({output, shape});
    }

    DeeployGraph& m_graph;
    const IntegerNetwork& m_folded;
    const Network& m_network;
    const LogitNarrowing& m_narrowing;
    std::string m_own; ///< prefix of the layer's values
};

void DeeployWriter::writeRequant(const Layer& layer, const std::string& from, const std::string& to,
                                 const Requant& requant, const Sizes& shape)
{
    // Deeploy adds half of `div` to what the file says.
    auto add = requant.add;
    const auto half = std::int32_t(roundingHalf(requant.shift));
    for (auto& value : add) {
        if (std::int64_t(value) - half <= -int32_limit)
            refuse(layer, "its offset without the rounding needs more than 32 bits",
                   "Export to PULP-NN or DORY");
        value -= half;
    }
    const auto scalar = [](float value) { return OnnxFileConstant{"", {}, std::vector{value}}; };
    const auto channels = std::int64_t(add.size());
    const Sizes sizes = channels == 1 ? Sizes{} : Sizes{channels, 1, 1};
    node("RequantShift",
         {from, constant(to + "_mul", sizes, requant.mul), constant(to + "_add", sizes, add)}, to,
         shape,
         {{"div", scalar(float(std::int64_t(1) << requant.shift))},
          {"n_levels_out", scalar(256)},
          {"signed", scalar(requant.is_signed ? 1.0F : 0.0F)}});
}

std::string DeeployWriter::writeConv(const Layer& layer, LayerGeometry g,
                                     const std::vector<float>& weights)
{
    if (layer.inputs[0] == m_network.input() && m_graph.input_padding != Padding{}) {
        g.input = padded(g.input, m_graph.input_padding);
        g.padding = {};
    }
    if (exceedsInput(g))
        refuse(layer, "Deeploy finds no tile for a window larger than its input without padding",
               "Use a network with another geometry there, or export to PULP-NN or DORY");
    const SymmetricWindow window(g);
    if (window.isWidened())
        m_graph.losses.push_back(
            {layer.name, "its kernel grows with zeros to " + std::to_string(window.height) + "x" +
                             std::to_string(window.width) +
                             ", because Deeploy's convolutions take one padding for all sides; the "
                             "results are the same, the work is more"});
    const bool depthwise =
        layer.kind == LayerKind::DepthwiseConv || layer.kind == LayerKind::AveragePool;
    if (const int least = leastDepthwiseChannels(g); depthwise && least > 1)
        m_graph.losses.push_back(
            {layer.name, "give Deeploy enough L1 that its tiles have at least " +
                             std::to_string(least) +
                             " channels: with fewer, the buffer of its depthwise kernel is too "
                             "small, which it does not notice"});
    const std::int64_t outputs = g.output.channels;
    const auto channels_in =
        std::int64_t(weights.size()) / (outputs * g.kernel_height * g.kernel_width);
    const auto filters =
        constant(m_own + "weight", {outputs, channels_in, window.height, window.width},
                 paddedPlanes(weights, g.kernel_height, g.kernel_width, window.zeros));
    const std::int64_t padding = window.padding;
    node("Conv", {nameOf(layer.inputs[0]), filters}, m_own + "sum", shapeOf(layer.output),
         {{"kernel_shape", Sizes{window.height, window.width}},
          {"strides", Sizes{g.stride_y, g.stride_x}},
          {"pads", Sizes{padding, padding, padding, padding}},
          {"dilations", Sizes{1, 1}},
          {"group", g.input.channels / channels_in}});
    return m_own + "sum";
}

/// A linear layer is a convolution over the whole map there: the library's linear kernel uses the
/// wrong factors for a core's odd neuron.
LayerGeometry wholeMap(const TensorShape& input, const TensorShape& output)
{
    LayerGeometry g;
    g.input = input;
    g.output = output;
    g.kernel_height = input.height;
    g.kernel_width = input.width;
    return g;
}

/// Narrows the logits; their bias becomes part of what is added.
Requant DeeployWriter::logitRequant(const IntegerLayer& folded) const
{
    const auto half = std::int32_t(roundingHalf(m_narrowing.shift));
    Requant requant{{}, {}, m_narrowing.shift, true};
    for (const std::int32_t bias : folded.bias) {
        requant.mul.push_back(m_narrowing.mul);
        requant.add.push_back(m_narrowing.mul * bias + half);
    }
    return requant;
}

std::string DeeployWriter::writeAdd(const Layer& layer, const IntegerLayer& folded)
{
    std::vector<std::string> operands;
    for (std::size_t side = 0; side < 2; ++side) {
        operands.push_back(m_own + "operand_" + std::to_string(side));
        writeRequant(layer, nameOf(layer.inputs[side]), operands.back(),
                     {{folded.add.mul[side]},
                      {folded.add.add[side]},
                      folded.add.shift[side],
                      folded.inputs[side].is_signed},
                     shapeOf(layer.inputs[side]));
    }
    node("Add", operands, m_own + "sum", shapeOf(layer.output));
    return m_own + "sum";
}

void DeeployWriter::writeLayer(int index)
{
    const Layer& layer = m_network.layer(index);
    const IntegerLayer& folded = m_folded.layers[std::size_t(index)];
    if (const auto refusal = whyNotForDeeploy(layer, folded))
        refuse(layer, refusal->why, refusal->next);
    m_own = "layer_" + std::to_string(index) + "_";
    const std::string& to = nameOf(layer.output);
    const Sizes shape = shapeOf(layer.output);
    const bool is_signed = folded.output.is_signed;
    const LayerGeometry g = withoutIdleStrides(layer.geometry);
    const std::vector<float> weights(folded.weights.begin(), folded.weights.end());
    const Requant per_channel{folded.kappa, folded.lambda, folded.shift, is_signed};
    switch (layer.kind) {
    case LayerKind::Conv:
    case LayerKind::DepthwiseConv:
        return writeRequant(layer, writeConv(layer, g, weights), to, per_channel, shape);
    case LayerKind::AveragePool: {
        // No average pooling of integers there: a depthwise convolution with ones is the same sum.
        const int window = g.kernel_height * g.kernel_width;
        const auto channels = std::size_t(g.output.channels);
        const auto& pool = folded.average_pool;
        const auto sum =
            writeConv(layer, g, std::vector<float>(channels * std::size_t(window), 1.0F));
        return writeRequant(layer, sum, to,
                            {std::vector(channels, pool.lambda / window),
                             std::vector(channels, pool.out_add), pool.out_shift, is_signed},
                            shape);
    }
    case LayerKind::Linear: {
        const auto sum = writeConv(
            layer,
            wholeMap(m_network.tensor(layer.inputs[0]).shape, m_network.tensor(layer.output).shape),
            weights);
        return writeRequant(layer, sum, to,
                            folded.output.bits == 8 ? per_channel : logitRequant(folded), shape);
    }
    case LayerKind::Add:
        return writeRequant(
            layer, writeAdd(layer, folded), to,
            {{folded.add.out_mul}, {folded.add.out_add}, folded.add.out_shift, is_signed}, shape);
    default: // the max-pooling: others were refused
        node("MaxPool", {nameOf(layer.inputs[0])}, to, shape,
             {{"kernel_shape", Sizes{g.kernel_height, g.kernel_width}},
              {"strides", Sizes{g.stride_y, g.stride_x}},
              {"pads", Sizes{g.padding.top, g.padding.left, g.padding.bottom, g.padding.right}},
              {"ceil_mode", std::int64_t(0)}});
    }
}

void DeeployWriter::notePaddedInput()
{
    m_graph.input_padding = inputPadding(m_network);
    const Padding& padding = m_graph.input_padding;
    if (padding != Padding{})
        m_graph.losses.push_back(
            {m_network.tensor(m_network.input()).name,
             "it has the first convolution's padding in it (" + std::to_string(padding.top) +
                 " rows of zeros above, " + std::to_string(padding.bottom) + " below, " +
                 std::to_string(padding.left) + " columns to the left, " +
                 std::to_string(padding.right) +
                 " to the right), because Deeploy finds no tile for a window larger than its "
                 "input"});
}

void DeeployWriter::write()
{
    auto& file = m_graph.file;
    file.name = m_network.name();
    file.ir_version = deeploy_ir_version;
    file.opsets = {{"", deeploy_opset}};
    for (int t = 0; t < m_network.tensorCount(); ++t)
        m_graph.names.push_back(t == m_network.input()    ? "input"
                                : t == m_network.output() ? "output"
                                                          : "tensor_" + std::to_string(t));
    notePaddedInput();
    file.inputs = {{"input", shapeOf(m_network.input())}};
    file.outputs = {{"output", shapeOf(m_network.output())}};
    for (int i = 0; i < m_network.layerCount(); ++i)
        writeLayer(i);
}

} // namespace

std::int32_t LogitNarrowing::narrowed(std::int32_t logit) const
{
    const std::int64_t half = roundingHalf(shift);
    return std::int32_t(
        std::clamp<std::int64_t>((mul * std::int64_t(logit) + half) >> shift, -128, 127));
}

LogitNarrowing chooseNarrowing(std::span<const std::int32_t> logits, std::int64_t bound)
{
    std::int64_t largest = 1;
    for (const auto logit : logits)
        largest = std::max(largest, std::abs(std::int64_t(logit)));
    LogitNarrowing narrowing;
    // The largest shift whose product stays in 32 bits for every input.
    for (int shift = 30; shift >= 0; --shift) {
        const double mul = std::max(
            1.0, std::round(std::ldexp(double(largest_narrowed) / double(largest), shift)));
        if (mul * double(bound) + double(roundingHalf(shift)) < double(int32_limit)) {
            narrowing = {std::int32_t(mul), shift};
            break;
        }
    }
    return narrowing;
}

DeeployGraph deeployGraph(const IntegerNetwork& network, const LogitNarrowing& narrowing)
{
    DeeployGraph graph;
    DeeployWriter(graph, network, narrowing).write();
    return graph;
}

} // namespace bitdial
