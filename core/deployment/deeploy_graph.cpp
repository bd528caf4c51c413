// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/deeploy_graph.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/deployment/deployer_files.h"
#include "core/deployment/kernel_limits.h"

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
    void checkLayer(const Layer& layer, const IntegerLayer& folded) const;
    void checkLinear(const Layer& layer, const IntegerLayer& folded) const;
    void writeLayer(int index);
    std::string writeConv(const Layer& layer, const std::vector<float>& weights, int channels_in);
    std::string writeLinear(const Layer& layer, const IntegerLayer& folded);
    std::string writeAdd(const Layer& layer, const IntegerLayer& folded);
    void writeRequant(const std::string& from, const std::string& to, const Requant& requant,
                      const std::vector<std::int64_t>& sizes);

    const std::string& nameOf(int tensor) const { return m_graph.names[std::size_t(tensor)]; }
    std::vector<std::int64_t> shapeOf(int tensor) const
    {
        return fileShape(m_network, tensor, m_network.tensor(tensor).shape.channels);
    }
    template <typename Number>
    std::string constant(const std::string& name, const std::vector<std::int64_t>& dimensions,
                         std::vector<Number> values)
    {
        m_graph.file.constants.push_back({name, dimensions, std::move(values)});
        return name;
    }
    void node(const std::string& op, const std::vector<std::string>& inputs,
              const std::string& output, std::vector<OnnxFileAttribute> attributes = {})
    {
        m_graph.file.nodes.push_back({op, inputs, output, std::move(attributes), {}});
    }

    DeeployGraph& m_graph;
    const IntegerNetwork& m_folded;
    const Network& m_network;
    const LogitNarrowing& m_narrowing;
    std::string m_own; ///< prefix of the layer's values
};

void DeeployWriter::checkLayer(const Layer& layer, const IntegerLayer& folded) const
{
    bool wide = folded.output.bits >= 8 && (!layer.hasWeights() || folded.weight_bits == 8);
    for (const auto& input : folded.inputs)
        wide &= input.bits == 8;
    if (!wide)
        refuse(layer, "Deeploy's PULP kernels take 8-bit tensors and weights only",
               "Give every layer 8 bits, or export to PULP-NN or DORY");
    const auto& padding = layer.geometry.padding;
    if (layer.kind == LayerKind::MaxPool &&
        (padding.top != padding.bottom || padding.left != padding.right ||
         padding.top != padding.left))
        refuse(layer, "its padding differs between sides, which Deeploy's max-pooling cannot say",
               "Use a network with equal padding there, or export to PULP-NN or DORY");
    if (layer.kind == LayerKind::AveragePool &&
        (padding.top != 0 || padding.left != 0 || padding.bottom != 0 || padding.right != 0))
        refuse(layer, "it averages over padding, which the convolution that stands for it cannot",
               "Use a network without padding there");
    // An average pooling becomes a depthwise convolution with ones.
    if (layer.kind == LayerKind::DepthwiseConv || layer.kind == LayerKind::AveragePool)
        if (const auto why = whyDepthwiseIsWrong(layer.geometry); !why.empty())
            refuse(layer, why, "Use a network with another geometry there, or the PULP-NN export");
    if (layer.kind == LayerKind::Linear)
        checkLinear(layer, folded);
    if (!layer.hasWeights() && layer.kind != LayerKind::Add &&
        layer.kind != LayerKind::AveragePool && layer.kind != LayerKind::MaxPool)
        refuse(layer, "Deeploy has no integer " + std::string(layerKindName(layer.kind)),
               "Use a network without it");
}

/// Tails that the library's linear kernel computes wrongly: inputs beyond a multiple of 4, and the
/// odd neuron of a core, which uses the first one's factors.
void DeeployWriter::checkLinear(const Layer& layer, const IntegerLayer& folded) const
{
    constexpr int cores = 8;
    const std::int64_t neurons = layer.geometry.output.channels;
    const std::int64_t inputs = std::int64_t(folded.weights.size()) / neurons;
    if (inputs % 4 != 0)
        refuse(layer, "the library's linear kernel reads past inputs that are no multiple of 4",
               "Use a network with another size there, or the PULP-NN export, which pads");
    const bool per_neuron = folded.output.bits == 8; // the logits share one factor
    if (per_neuron && (neurons % 2 != 0 || (neurons + cores - 1) / cores % 2 != 0))
        refuse(layer,
               "the library's linear kernel uses the wrong factors for the odd neuron of a core",
               "Use a network with another size there, or the PULP-NN export, which pads");
}

void DeeployWriter::writeRequant(const std::string& from, const std::string& to,
                                 const Requant& requant, const std::vector<std::int64_t>& sizes)
{
    // Deeploy adds half of `div` to what the file says.
    auto add = requant.add;
    const std::int32_t half = requant.shift > 0 ? std::int32_t(1) << (requant.shift - 1) : 0;
    for (auto& value : add) {
        if (std::int64_t(value) - half <= -int32_limit)
            throw Error(ErrorCode::Infeasible, "The layer cannot be exported to Deeploy",
                        shownName(m_network.name()) + ": " + to,
                        "its offset without the rounding needs more than 32 bits",
                        "Export to PULP-NN or DORY");
        value -= half;
    }
    const auto scalar = [](float value) { return OnnxFileConstant{"", {}, std::vector{value}}; };
    node("RequantShift",
         {from, constant(to + "_mul", sizes, requant.mul), constant(to + "_add", sizes, add)}, to,
         {{"div", scalar(float(std::int64_t(1) << requant.shift))},
          {"n_levels_out", scalar(256)},
          {"signed", scalar(requant.is_signed ? 1.0F : 0.0F)}});
}

/// Deeploy's convolutions want one padding for all sides: taps of zeros make up for the difference.
struct EvenWindow {
    explicit EvenWindow(const LayerGeometry& g)
        : padding(std::max({g.padding.top, g.padding.left, g.padding.bottom, g.padding.right})),
          top(padding - g.padding.top),
          left(padding - g.padding.left),
          height(g.kernel_height + top + padding - g.padding.bottom),
          width(g.kernel_width + left + padding - g.padding.right)
    {
    }
    int padding;
    int top; ///< rows of zeros above the taps
    int left;
    int height;
    int width;
};

std::vector<float> widened(const std::vector<float>& weights, const LayerGeometry& g,
                           const EvenWindow& window)
{
    const auto kernel_height = std::size_t(g.kernel_height);
    const auto kernel_width = std::size_t(g.kernel_width);
    const std::size_t planes = weights.size() / (kernel_height * kernel_width);
    const auto height = std::size_t(window.height);
    const auto width = std::size_t(window.width);
    std::vector<float> result(planes * height * width, 0.0F);
    for (std::size_t p = 0; p < planes; ++p)
        for (std::size_t y = 0; y < kernel_height; ++y)
            for (std::size_t x = 0; x < kernel_width; ++x)
                result[(p * height + y + std::size_t(window.top)) * width + x +
                       std::size_t(window.left)] =
                    weights[(p * kernel_height + y) * kernel_width + x];
    return result;
}

std::string DeeployWriter::writeConv(const Layer& layer, const std::vector<float>& weights,
                                     int channels_in)
{
    const auto& g = layer.geometry;
    const EvenWindow window(g);
    if (window.height != g.kernel_height || window.width != g.kernel_width)
        m_graph.losses.push_back(
            {layer.name, "its kernel grows with zeros to " + std::to_string(window.height) + "x" +
                             std::to_string(window.width) +
                             ", because Deeploy's convolutions take one padding for all sides; the "
                             "results are the same, the work is more"});
    const int outputs = g.output.channels;
    const bool grouped = channels_in == 1 && layer.kind != LayerKind::Conv;
    const auto filters =
        constant(m_own + "weight", {outputs, channels_in, window.height, window.width},
                 widened(weights, g, window));
    using Integers = std::vector<std::int64_t>;
    const int padding = window.padding;
    node("Conv", {nameOf(layer.inputs[0]), filters}, m_own + "sum",
         {{"kernel_shape", Integers{window.height, window.width}},
          {"strides", Integers{g.stride_y, g.stride_x}},
          {"pads", Integers{padding, padding, padding, padding}},
          {"dilations", Integers{1, 1}},
          {"group", std::int64_t(grouped ? outputs : 1)}});
    return m_own + "sum";
}

std::string DeeployWriter::writeLinear(const Layer& layer, const IntegerLayer& folded)
{
    std::string from = nameOf(layer.inputs[0]);
    if (shapeOf(layer.inputs[0]).size() > 2) {
        node("Flatten", {from}, m_own + "vector", {{"axis", std::int64_t(1)}});
        from = m_own + "vector";
    }
    const int outputs = layer.geometry.output.channels;
    std::vector<std::string> operands = {
        from, constant(m_own + "weight", {outputs, std::int64_t(folded.weights.size()) / outputs},
                       std::vector<float>(folded.weights.begin(), folded.weights.end()))};
    if (!folded.bias.empty())
        operands.push_back(constant(m_own + "bias", {outputs}, folded.bias));
    node("Gemm", operands, m_own + "sum",
         {{"alpha", 1.0F}, {"beta", 1.0F}, {"transB", std::int64_t(1)}});
    return m_own + "sum";
}

std::string DeeployWriter::writeAdd(const Layer& layer, const IntegerLayer& folded)
{
    std::vector<std::string> operands;
    for (std::size_t side = 0; side < 2; ++side) {
        operands.push_back(m_own + "operand_" + std::to_string(side));
        writeRequant(nameOf(layer.inputs[side]), operands.back(),
                     {{folded.add.mul[side]},
                      {folded.add.add[side]},
                      folded.add.shift[side],
                      folded.inputs[side].is_signed},
                     {});
    }
    node("Add", operands, m_own + "sum");
    return m_own + "sum";
}

void DeeployWriter::writeLayer(int index)
{
    const Layer& layer = m_network.layer(index);
    const IntegerLayer& folded = m_folded.layers[std::size_t(index)];
    checkLayer(layer, folded);
    m_own = "layer_" + std::to_string(index) + "_";
    const std::string& to = nameOf(layer.output);
    const bool is_signed = folded.output.is_signed;
    const std::vector<std::int64_t> per_channel = {layer.geometry.output.channels, 1, 1};
    const std::vector<float> weights(folded.weights.begin(), folded.weights.end());
    switch (layer.kind) {
    case LayerKind::Conv:
    case LayerKind::DepthwiseConv: {
        const bool depthwise = layer.kind == LayerKind::DepthwiseConv;
        const auto sum = writeConv(layer, weights, depthwise ? 1 : layer.geometry.input.channels);
        return writeRequant(sum, to, {folded.kappa, folded.lambda, folded.shift, is_signed},
                            per_channel);
    }
    case LayerKind::AveragePool: {
        // No average pooling of integers there: a depthwise convolution with ones is the same sum.
        const auto& g = layer.geometry;
        const int window = g.kernel_height * g.kernel_width;
        const auto& pool = folded.average_pool;
        const auto sum = writeConv(
            layer, std::vector<float>(std::size_t(g.output.channels) * std::size_t(window), 1.0F),
            1);
        const auto channels = std::size_t(g.output.channels);
        return writeRequant(sum, to,
                            {std::vector(channels, pool.lambda / window),
                             std::vector(channels, pool.out_add), pool.out_shift, is_signed},
                            per_channel);
    }
    case LayerKind::Linear: {
        const auto sum = writeLinear(layer, folded);
        if (folded.output.bits == 8)
            return writeRequant(sum, to, {folded.kappa, folded.lambda, folded.shift, is_signed},
                                {layer.geometry.output.channels});
        const std::int32_t half =
            m_narrowing.shift > 0 ? std::int32_t(1) << (m_narrowing.shift - 1) : 0;
        return writeRequant(sum, to, {{m_narrowing.mul}, {half}, m_narrowing.shift, true}, {});
    }
    case LayerKind::Add:
        return writeRequant(
            writeAdd(layer, folded), to,
            {{folded.add.out_mul}, {folded.add.out_add}, folded.add.out_shift, is_signed}, {});
    default: { // checkLayer leaves the max-pooling only
        using Integers = std::vector<std::int64_t>;
        const auto& g = layer.geometry;
        node(
            "MaxPool", {nameOf(layer.inputs[0])}, to,
            {{"kernel_shape", Integers{g.kernel_height, g.kernel_width}},
             {"strides", Integers{g.stride_y, g.stride_x}},
             {"pads", Integers{g.padding.top, g.padding.left, g.padding.bottom, g.padding.right}}});
    }
    }
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
    file.inputs = {{"input", shapeOf(m_network.input())}};
    file.outputs = {{"output", shapeOf(m_network.output())}};
    for (int i = 0; i < m_network.layerCount(); ++i)
        writeLayer(i);
    for (int t = 0; t < m_network.tensorCount(); ++t)
        if (t != m_network.input() && t != m_network.output())
            file.values.push_back({nameOf(t), shapeOf(t)});
}

} // namespace

std::int32_t LogitNarrowing::narrowed(std::int32_t logit) const
{
    const std::int64_t half = shift > 0 ? std::int64_t(1) << (shift - 1) : 0;
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
        const double half = shift > 0 ? std::ldexp(1.0, shift - 1) : 0;
        if (mul * double(bound) + half < double(int32_limit)) {
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
