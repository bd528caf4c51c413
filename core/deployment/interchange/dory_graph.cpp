// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/dory_graph.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/deployment/interchange/dory_channels.h"
#include "core/deployment/interchange/dory_structure.h"
#include "core/deployment/interchange/float_constants.h"
#include "core/deployment/interchange/kernel_limits.h"

#include <algorithm>

namespace bitdial {
namespace {

constexpr int constant_bits = 32;
constexpr int dory_opset = 10; // the last whose Clip has its bounds as attributes
constexpr int dory_ir_version = 5;

std::vector<std::int64_t> wide(std::initializer_list<int> numbers)
{
    return {numbers.begin(), numbers.end()};
}

/// Writes the nodes of one network; a node's output is named by its number.
class DoryWriter {
public:
    DoryWriter(DoryGraph& graph, const IntegerNetwork& folded, int cores)
        : m_graph(graph), m_folded(folded), m_network(*folded.network), m_cores(cores)
    {
    }
    void write();

private:
    [[noreturn]] void refuse(const Layer& layer, const std::string& why,
                             const std::string& next) const
    {
        throw Error(ErrorCode::Infeasible, "The layer cannot be exported to DORY",
                    shownName(m_network.name()) + ": layer '" + shownName(layer.name) + "'", why,
                    next);
    }
    void notePadding();
    void checkLayer(const Layer& layer, const IntegerLayer& folded) const;
    void checkDepthwise(const Layer& layer, const IntegerLayer& folded) const;
    void writeLayer(int index);
    std::string writeConv(const Layer& layer, const IntegerLayer& folded);
    std::string writeLinear(const Layer& layer, const IntegerLayer& folded);
    std::string writeAdd(const Layer& layer, const IntegerLayer& folded);
    std::string writePool(const Layer& layer, const std::string& op);
    std::string flatten(const Layer& layer);
    void requantize(const Layer& layer, const IntegerLayer& folded, const std::string& from);

    int channels(int tensor) const { return m_graph.channels[std::size_t(tensor)]; }
    std::string& nameOf(int tensor) { return m_graph.names[std::size_t(tensor)]; }
    std::vector<std::int64_t> shapeOf(int tensor) const
    {
        const auto& own = m_network.tensor(tensor);
        if (own.producer >= 0 && m_network.layer(own.producer).kind == LayerKind::Linear)
            return {1, channels(tensor)};
        return {1, channels(tensor), own.shape.height, own.shape.width};
    }
    /// Adds a node whose output is the next number; returns that.
    std::string node(const std::string& op, const std::vector<std::string>& inputs,
                     std::vector<OnnxFileAttribute> attributes,
                     const std::vector<std::int64_t>& shape);
    std::string constant(const std::string& name, const std::vector<std::int64_t>& dimensions,
                         std::vector<float> values)
    {
        m_graph.file.constants.push_back({name, dimensions, std::move(values)});
        return name;
    }
    /// One per stored channel, zeros for those of the padding.
    std::vector<float> padded(const std::vector<std::int32_t>& values, int count) const
    {
        std::vector<float> result(values.begin(), values.end());
        result.resize(std::size_t(count), 0.0F);
        return result;
    }
    std::vector<float> weightsOf(const Layer& layer, const IntegerLayer& folded, int outputs,
                                 int inputs) const;

    DoryGraph& m_graph;
    const IntegerNetwork& m_folded;
    const Network& m_network;
    const int m_cores;
    int m_next = 1;
    std::string m_own; ///< prefix of the layer's constants
};

void DoryWriter::notePadding()
{
    for (int t = 0; t < m_network.tensorCount(); ++t) {
        const auto& tensor = m_network.tensor(t);
        if (channels(t) != tensor.shape.channels)
            m_graph.losses.push_back(
                {tensor.name, "it has " + std::to_string(channels(t)) + " channels instead of " +
                                  std::to_string(tensor.shape.channels) +
                                  ", as the kernels' packing needs; the others are 0"});
    }
}

void DoryWriter::checkLayer(const Layer& layer, const IntegerLayer& folded) const
{
    const auto& padding = layer.geometry.padding;
    if (layer.kind == LayerKind::DepthwiseConv)
        checkDepthwise(layer, folded);
    if (layer.kind == LayerKind::MaxPool && folded.output.bits != 8)
        refuse(layer,
               "DORY calls the library's max-pooling below 8 bits, which writes past its map",
               "Give the pooling's tensors 8 bits");
    if (layer.kind == LayerKind::MaxPool)
        if (const auto why = whyMaxPoolIsWrong(layer.geometry); !why.empty())
            refuse(layer, why, "Use a network with another geometry there, or the PULP-NN export");
    if (layer.kind == LayerKind::Linear && folded.weight_bits == 4 && folded.inputs[0].bits == 2 &&
        folded.output.bits == 2)
        refuse(layer, "the library's linear kernel with 2-bit tensors and 4-bit weights is wrong",
               "Choose other bits for it");
    if (layer.kind == LayerKind::AveragePool &&
        (padding.top != padding.bottom || padding.left != padding.right))
        refuse(layer,
               "the average pooling's padding differs on opposite sides, which its kernel "
               "mixes up",
               "Use a network with equal padding there");
    if (!layer.hasWeights() && layer.kind != LayerKind::Add &&
        layer.kind != LayerKind::AveragePool && layer.kind != LayerKind::MaxPool)
        refuse(layer, "DORY has no " + std::string(layerKindName(layer.kind)),
               "Use a network without it");
}

void DoryWriter::checkDepthwise(const Layer& layer, const IntegerLayer& folded) const
{
    if (folded.weight_bits == 2)
        refuse(layer, "DORY packs 2-bit weights of depthwise convolutions in a wrong order",
               "Give its weights 4 or 8 bits");
    const LayerGeometry& g = layer.geometry;
    auto why = whyDepthwiseWindowIsWrong(g.kernel_height, g.kernel_width);
    if (why.empty())
        why = whyDepthwiseBorderIsWrong(g);
    if (!why.empty())
        refuse(layer, why,
               "Use a network with another geometry there, or the PULP-NN export, which pads "
               "explicitly");
}

std::string DoryWriter::node(const std::string& op, const std::vector<std::string>& inputs,
                             std::vector<OnnxFileAttribute> attributes,
                             const std::vector<std::int64_t>& shape)
{
    std::string output = std::to_string(m_next++);
    m_graph.file.nodes.push_back({op, inputs, output, std::move(attributes), {}});
    m_graph.file.values.push_back({output, shape});
    return output;
}

/// Weights with zeros for the channels of the padding, in the file's order.
std::vector<float> DoryWriter::weightsOf(const Layer& layer, const IntegerLayer& folded,
                                         int outputs, int inputs) const
{
    const auto& input = m_network.tensor(layer.inputs[0]).shape;
    const bool linear = layer.kind == LayerKind::Linear;
    const std::size_t taps = linear ? std::size_t(input.height) * std::size_t(input.width)
                                    : std::size_t(layer.geometry.kernel_height) *
                                          std::size_t(layer.geometry.kernel_width);
    const std::size_t real =
        layer.kind == LayerKind::DepthwiseConv ? 1 : std::size_t(input.channels);
    std::vector<float> weights(std::size_t(outputs) * std::size_t(inputs) * taps, 0.0F);
    const std::size_t filters = folded.weights.size() / (real * taps);
    for (std::size_t o = 0; o < filters; ++o)
        for (std::size_t i = 0; i < real * taps; ++i)
            weights[o * std::size_t(inputs) * taps + i] =
                float(folded.weights[o * real * taps + i]);
    return weights;
}

void DoryWriter::requantize(const Layer& layer, const IntegerLayer& folded, const std::string& from)
{
    const auto shape = shapeOf(layer.output);
    const bool pool = layer.kind == LayerKind::AveragePool;
    const int count = channels(layer.output);
    // A pooling's factors are scalars: that is how DORY knows them from a layer's.
    std::vector<std::int64_t> sizes;
    if (layer.kind == LayerKind::Linear)
        sizes = wide({1, count});
    else if (!pool)
        sizes = wide({count, 1, 1});
    const auto& average = folded.average_pool;
    const auto mul =
        constant(m_own + "mul", sizes,
                 pool ? std::vector{float(average.lambda)} : padded(folded.kappa, count));
    const auto add =
        constant(m_own + "add", sizes,
                 pool ? std::vector{float(average.out_add)} : padded(folded.lambda, count));
    const int shift = pool ? average.out_shift : folded.shift;
    const OnnxFileAttribute bits{"mult_bits", std::int64_t(constant_bits)};
    const auto product = node("Mul", {from, mul}, {bits}, shape);
    const auto sum =
        node("Add", {product, add}, {{"add_bits", std::int64_t(constant_bits)}}, shape);
    const OnnxFileConstant divisor{"", {}, std::vector{float(std::int64_t(1) << shift)}};
    const auto scale = node("Constant", {}, {{"value", divisor}}, {});
    const auto quotient = node("Div", {sum, scale}, {}, shape);
    const auto floor = node("Floor", {quotient}, {}, shape);
    const IntegerRange range = integerRange(folded.output.bits, folded.output.is_signed);
    nameOf(layer.output) = node("Clip", {floor},
                                {{"min", float(range.low)},
                                 {"max", float(range.high)},
                                 {"out_bits", std::int64_t(folded.output.bits)}},
                                shape);
}

std::vector<OnnxFileAttribute> windowOf(const LayerGeometry& g)
{
    return {{"kernel_shape", wide({g.kernel_height, g.kernel_width})},
            {"strides", wide({g.stride_y, g.stride_x})},
            {"pads", wide({g.padding.top, g.padding.left, g.padding.bottom, g.padding.right})}};
}

std::string DoryWriter::writeConv(const Layer& layer, const IntegerLayer& folded)
{
    const bool depthwise = layer.kind == LayerKind::DepthwiseConv;
    const auto& g = layer.geometry;
    const int outputs = channels(layer.output);
    const int inputs = depthwise ? 1 : channels(layer.inputs[0]);
    const auto weights =
        constant(m_own + "weight", wide({outputs, inputs, g.kernel_height, g.kernel_width}),
                 weightsOf(layer, folded, outputs, inputs));
    auto attributes = windowOf(g);
    attributes.push_back({"dilations", wide({1, 1})});
    attributes.push_back({"group", std::int64_t(depthwise ? outputs : 1)});
    attributes.push_back({"weight_bits", std::int64_t(folded.weight_bits)});
    attributes.push_back({"bias_bits", std::int64_t(constant_bits)});
    return node("Conv", {nameOf(layer.inputs[0]), weights}, std::move(attributes),
                shapeOf(layer.output));
}

/// The map as a vector. DORY takes the node's number for the name of what lies before it, so that
/// the map must be the last result and nobody else's input.
std::string DoryWriter::flatten(const Layer& layer)
{
    const int map = layer.inputs[0];
    const auto shape = shapeOf(map);
    if (shape.size() == 2)
        return nameOf(map);
    if (m_network.tensor(map).consumers.size() > 1 || m_next != std::stoi(nameOf(map)) + 1)
        refuse(layer, "its input is flattened and read by other layers too, which DORY mixes up",
               "Use a network where the pooling before it has no other reader");
    return node("Flatten", {nameOf(map)}, {{"axis", std::int64_t(1)}},
                {1, shape[1] * shape[2] * shape[3]});
}

std::string DoryWriter::writeLinear(const Layer& layer, const IntegerLayer& folded)
{
    const auto from = flatten(layer);
    const auto& map = m_network.tensor(layer.inputs[0]).shape;
    const int outputs = channels(layer.output);
    const int inputs = channels(layer.inputs[0]);
    if (outputs == inputs * map.height * map.width)
        refuse(
            layer,
            "it has as many outputs as inputs, and DORY takes square weights for transposed ones",
            "Use a network with another size there, or the PULP-NN export");
    std::vector<std::string> operands = {
        from, constant(m_own + "weight", wide({outputs, inputs * map.height * map.width}),
                       weightsOf(layer, folded, outputs, inputs))};
    if (!folded.bias.empty())
        operands.push_back(constant(m_own + "bias", wide({outputs}), padded(folded.bias, outputs)));
    return node("Gemm", operands,
                {{"alpha", 1.0F},
                 {"beta", 1.0F},
                 {"transB", std::int64_t(1)},
                 {"weight_bits", std::int64_t(folded.weight_bits)},
                 {"bias_bits", std::int64_t(constant_bits)}},
                {1, outputs});
}

std::string DoryWriter::writeAdd(const Layer& layer, const IntegerLayer& folded)
{
    // DORY's code passes the tensor computed last as the kernel's first operand, names the kernel
    // after the node's first input, and gives the second set of parameters to the first operand,
    // having exchanged the sets where the first input has the larger number. All three agree where
    // the later tensor is the first input.
    const bool swapped = std::stoi(nameOf(layer.inputs[0])) < std::stoi(nameOf(layer.inputs[1]));
    std::vector<std::string> operands;
    std::vector<OnnxFileAttribute> attributes;
    for (std::size_t side = 0; side < 2; ++side) {
        const std::size_t from = swapped ? 1 - side : side;
        operands.push_back(nameOf(layer.inputs[from]));
        const std::string own = side == 0 ? "in1_" : "in2_";
        attributes.push_back({own + "mul", std::int64_t(folded.add.mul[from])});
        attributes.push_back({own + "add", std::int64_t(folded.add.add[from])});
        attributes.push_back({own + "shift", std::int64_t(folded.add.shift[from])});
        attributes.push_back({own + "n_levels", std::int64_t(1) << folded.inputs[from].bits});
        attributes.push_back({own + "rq", std::int64_t(1)});
    }
    attributes.push_back({"out_mul", std::int64_t(folded.add.out_mul)});
    attributes.push_back({"out_add", std::int64_t(folded.add.out_add)});
    attributes.push_back({"out_shift", std::int64_t(folded.add.out_shift)});
    attributes.push_back({"out_n_levels", std::int64_t(1) << folded.output.bits});
    attributes.push_back({"out_rq", std::int64_t(1)});
    attributes.push_back({"out_signed", std::int64_t(folded.output.is_signed)});
    attributes.push_back({"add_bits", std::int64_t(constant_bits)});
    return node("Add", operands, std::move(attributes), shapeOf(layer.output));
}

std::string DoryWriter::writePool(const Layer& layer, const std::string& op)
{
    return node(op, {nameOf(layer.inputs[0])}, windowOf(layer.geometry), shapeOf(layer.output));
}

void DoryWriter::writeLayer(int index)
{
    const Layer& layer = m_network.layer(index);
    const IntegerLayer& folded = m_folded.layers[std::size_t(index)];
    checkLayer(layer, folded);
    // DORY takes any name with "bias" in it for a bias.
    m_own = "layer_" + std::to_string(index) + "_";
    switch (layer.kind) {
    case LayerKind::Conv:
    case LayerKind::DepthwiseConv:
        return requantize(layer, folded, writeConv(layer, folded));
    case LayerKind::AveragePool:
        return requantize(layer, folded, writePool(layer, "AveragePool"));
    case LayerKind::Linear: {
        const auto result = writeLinear(layer, folded);
        if (folded.output.bits != constant_bits)
            return requantize(layer, folded, result);
        nameOf(layer.output) = result;
        break;
    }
    case LayerKind::Add:
        nameOf(layer.output) = writeAdd(layer, folded);
        break;
    default: // checkLayer leaves the max-pooling only
        nameOf(layer.output) = writePool(layer, "MaxPool");
    }
}

void DoryWriter::write()
{
    m_graph.channels = doryChannels(m_folded, m_cores);
    notePadding();
    m_graph.names.resize(std::size_t(m_network.tensorCount()));
    nameOf(m_network.input()) = "0";
    auto& file = m_graph.file;
    file.name = m_network.name();
    file.ir_version = dory_ir_version;
    file.opsets = {{"", dory_opset}};
    file.inputs = {{"0", shapeOf(m_network.input())}};
    for (int i = 0; i < m_network.layerCount(); ++i)
        writeLayer(i);
    file.outputs = {{nameOf(m_network.output()), shapeOf(m_network.output())}};
    std::erase_if(file.values, [&](const OnnxFileValue& value) {
        return value.name == file.outputs.front().name;
    });
}

} // namespace

DoryGraph doryGraph(const IntegerNetwork& network, int cores)
{
    checkDoryStructure(*network.network);
    DoryGraph graph;
    auto rounded = std::make_shared<IntegerNetwork>(network);
    for (const auto& layer : roundToFloats(*rounded))
        graph.losses.push_back({layer,
                                "its requantization is rounded to 24 bits, which is what "
                                "the file's floats hold; the golden values are computed so"});
    graph.network = rounded;
    DoryWriter(graph, *graph.network, cores).write();
    return graph;
}

} // namespace bitdial
