// SPDX-License-Identifier: Apache-2.0
#include "core/network/network.h"

#include "core/base/error.h"
#include "core/base/sha256.h"

#include <algorithm>
#include <set>

namespace bitdial {
namespace {

[[noreturn]] void inconsistent(const std::string& network, const std::string& where,
                               const std::string& why)
{
    throw Error(ErrorCode::BadInput, "The network is inconsistent", network + ": " + where, why,
                "Check the file that it came from, or import it again");
}

bool hasRightInputs(const Layer& layer)
{
    if (layer.kind == LayerKind::Concat || layer.kind == LayerKind::Unsupported)
        return !layer.inputs.empty();
    return layer.inputs.size() == (layer.kind == LayerKind::Add ? 2 : 1);
}

int windowOutput(int size, int kernel, int dilation, int stride, int before, int after)
{
    return (size + before + after - (kernel - 1) * dilation - 1) / stride + 1;
}

void checkConcat(const NetworkDescription& d, const Layer& layer)
{
    std::int64_t channels = 0;
    const auto& out = layer.geometry.output;
    for (const int t : layer.inputs) {
        const auto& part = d.tensors[std::size_t(t)].shape;
        if (part.height != out.height || part.width != out.width)
            inconsistent(d.name, "layer '" + layer.name + "'",
                         "operands of a concat differ in height or width");
        channels += part.channels;
    }
    if (channels != out.channels)
        inconsistent(d.name, "layer '" + layer.name + "'",
                     "its channels are not the sum of its operands'");
}

/// Kernel, stride and padding of a convolution or pooling.
void checkWindow(const NetworkDescription& d, const Layer& layer)
{
    const auto& g = layer.geometry;
    const auto& p = g.padding;
    if (g.dilation_y < 1 || g.dilation_x < 1 || p.top < 0 || p.left < 0 || p.bottom < 0 ||
        p.right < 0)
        inconsistent(d.name, "layer '" + layer.name + "'",
                     "dilation must be positive and padding must not be negative");
    if (g.output.height != windowOutput(g.input.height, g.kernel_height, g.dilation_y, g.stride_y,
                                        p.top, p.bottom) ||
        g.output.width !=
            windowOutput(g.input.width, g.kernel_width, g.dilation_x, g.stride_x, p.left, p.right))
        inconsistent(d.name, "layer '" + layer.name + "'",
                     "its output size does not follow from kernel, stride and padding");
    if (layer.kind != LayerKind::Conv && g.input.channels != g.output.channels)
        inconsistent(d.name, "layer '" + layer.name + "'", "it must keep the channel count");
    if (g.groups < 1 || (layer.kind != LayerKind::Conv && g.groups != 1) ||
        g.input.channels % g.groups != 0 || g.output.channels % g.groups != 0)
        inconsistent(d.name, "layer '" + layer.name + "'", "its groups do not divide its channels");
}

void checkGeometry(const NetworkDescription& d, const Layer& layer)
{
    const auto& g = layer.geometry;
    const auto& in = d.tensors[std::size_t(layer.inputs[0])].shape;
    const auto& out = d.tensors[std::size_t(layer.output)].shape;
    if (out != g.output)
        inconsistent(d.name, "layer '" + layer.name + "'",
                     "its output shape differs from its tensor's");
    if (layer.kind == LayerKind::Linear) {
        if (g.input.elements() != in.elements())
            inconsistent(d.name, "layer '" + layer.name + "'",
                         "it takes " + std::to_string(g.input.elements()) +
                             " inputs but is given " + std::to_string(in.elements()));
        return;
    }
    if (in != g.input)
        inconsistent(d.name, "layer '" + layer.name + "'",
                     "its input shape differs from its tensor's");
    if (g.kernel_height < 1 || g.kernel_width < 1 || g.stride_y < 1 || g.stride_x < 1)
        inconsistent(d.name, "layer '" + layer.name + "'", "kernel and stride must be positive");
    switch (layer.kind) {
    case LayerKind::Unsupported:
        return; // its name and the shape of its result are all that is known
    case LayerKind::Concat:
        return checkConcat(d, layer);
    case LayerKind::Elementwise:
        if (in != out)
            inconsistent(d.name, "layer '" + layer.name + "'", "it must keep its input's shape");
        return;
    case LayerKind::Add:
        if (in != out || d.tensors[std::size_t(layer.inputs[1])].shape != out)
            inconsistent(d.name, "layer '" + layer.name + "'",
                         "operands of an add differ in shape");
        return;
    default:
        return checkWindow(d, layer);
    }
}

void checkTopology(const NetworkDescription& d)
{
    std::set<int> ready = {d.input};
    std::set<std::string> names;
    const int tensors = int(d.tensors.size());
    if (d.layers.empty())
        inconsistent(d.name, "graph", "it has no layer");
    if (d.input < 0 || d.input >= tensors || d.output < 0 || d.output >= tensors)
        inconsistent(d.name, "graph", "its input or output is no tensor of it");
    for (const auto& t : d.tensors)
        if (t.shape.channels < 1 || t.shape.height < 1 || t.shape.width < 1)
            inconsistent(d.name, "tensor '" + t.name + "'", "its shape is not positive");
    for (const auto& layer : d.layers) {
        if (!names.insert(layer.name).second)
            inconsistent(d.name, "layer '" + layer.name + "'", "its name is used twice");
        if (!hasRightInputs(layer))
            inconsistent(d.name, "layer '" + layer.name + "'", "it has the wrong number of inputs");
        for (const int t : layer.inputs)
            if (!ready.contains(t))
                inconsistent(d.name, "layer '" + layer.name + "'",
                             "it reads a tensor that no earlier layer makes");
        if (layer.output < 0 || layer.output >= tensors || !ready.insert(layer.output).second)
            inconsistent(d.name, "layer '" + layer.name + "'",
                         "its output is no tensor of its own");
        checkGeometry(d, layer);
    }
    if (!ready.contains(d.output))
        inconsistent(d.name, "graph", "no layer makes its output");
}

bool perChannel(const std::vector<float>& values, int channels)
{
    return values.size() == std::size_t(channels);
}

void checkParameters(const NetworkDescription& d, const NetworkParameters& parameters)
{
    if (parameters.layers.size() != d.layers.size())
        inconsistent(d.name, "parameters", "there is not one entry per layer");
    for (std::size_t i = 0; i < d.layers.size(); ++i) {
        const auto& layer = d.layers[i];
        const auto& p = parameters.layers[i];
        const int channels = layer.geometry.output.channels;
        if (p.weights.size() != std::size_t(layer.weightCount()))
            inconsistent(d.name, "layer '" + layer.name + "'",
                         "it has " + std::to_string(p.weights.size()) + " weights, expected " +
                             std::to_string(layer.weightCount()));
        if (!p.bias.empty() && !perChannel(p.bias, channels))
            inconsistent(d.name, "layer '" + layer.name + "'", "its bias is not one per channel");
        if (p.batch_norm && !(perChannel(p.batch_norm->scale, channels) &&
                              perChannel(p.batch_norm->shift, channels) &&
                              perChannel(p.batch_norm->mean, channels) &&
                              perChannel(p.batch_norm->variance, channels)))
            inconsistent(d.name, "layer '" + layer.name + "'",
                         "its batch normalisation is not one value per channel");
    }
}

class ContentHash {
public:
    void number(std::int64_t value) { bytes(&value, sizeof value); }
    void text(const std::string& value)
    {
        number(std::int64_t(value.size()));
        m_hash.update(value);
    }
    void floats(const std::vector<float>& values)
    {
        number(std::int64_t(values.size()));
        m_hash.update(std::as_bytes(std::span(values)));
    }
    std::string digest() { return m_hash.hexDigest(); }

private:
    void bytes(const void* data, std::size_t size)
    {
        m_hash.update(std::span(static_cast<const std::byte*>(data), size));
    }
    Sha256 m_hash;
};

void hashLayer(ContentHash& hash, const Layer& layer)
{
    hash.text(layer.name);
    hash.number(int(layer.kind));
    hash.number(int(layer.inputs.size()));
    for (const int t : layer.inputs)
        hash.number(t);
    hash.number(layer.output);
    const auto& g = layer.geometry;
    for (const int v : {g.kernel_height, g.kernel_width, g.stride_y, g.stride_x, g.padding.top,
                        g.padding.left, g.padding.bottom, g.padding.right, int(layer.activation)})
        hash.number(v);
    hash.floats({layer.clip_max});
    // Only where they say something: a network without them keeps the hash it always had.
    if (g.dilation_y != 1 || g.dilation_x != 1 || g.groups != 1 || !g.counts_padding)
        for (const int v : {g.dilation_y, g.dilation_x, g.groups, int(g.counts_padding)})
            hash.number(v);
}

std::string contentHash(const NetworkDescription& d, const NetworkParameters* parameters)
{
    ContentHash hash;
    hash.text("bitdial.network/1");
    hash.number(d.input);
    hash.number(d.output);
    hash.number(std::int64_t(d.tensors.size()));
    for (const auto& t : d.tensors) {
        hash.text(t.name);
        for (const int v : {t.shape.channels, t.shape.height, t.shape.width})
            hash.number(v);
    }
    hash.number(std::int64_t(d.layers.size()));
    for (const auto& layer : d.layers)
        hashLayer(hash, layer);
    if (parameters != nullptr) {
        for (const auto& p : parameters->layers) {
            hash.floats(p.weights);
            hash.floats(p.bias);
            hash.number(p.batch_norm ? 1 : 0);
            if (p.batch_norm) {
                const auto& bn = *p.batch_norm;
                for (const auto* values : {&bn.scale, &bn.shift, &bn.mean, &bn.variance})
                    hash.floats(*values);
                hash.floats({bn.epsilon});
            }
        }
    }
    return hash.digest();
}

} // namespace

const char* layerKindName(LayerKind kind)
{
    switch (kind) {
    case LayerKind::Conv:
        return "conv";
    case LayerKind::DepthwiseConv:
        return "depthwise";
    case LayerKind::Linear:
        return "linear";
    case LayerKind::Add:
        return "add";
    case LayerKind::AveragePool:
        return "avgpool";
    case LayerKind::MaxPool:
        return "maxpool";
    case LayerKind::Concat:
        return "concat";
    case LayerKind::Elementwise:
        return "elementwise";
    case LayerKind::Unsupported:
        return "unsupported";
    }
    return "unknown";
}

const char* nodeFateName(NodeFate fate)
{
    switch (fate) {
    case NodeFate::Quantizable:
        return "quantizable";
    case NodeFate::Fused:
        return "fused";
    case NodeFate::PassedThrough:
        return "passed-through";
    case NodeFate::Unsupported:
        return "unsupported";
    }
    return "unknown";
}

std::int64_t Layer::weightCount() const
{
    const auto& g = geometry;
    const std::int64_t taps = std::int64_t(g.kernel_height) * g.kernel_width;
    switch (kind) {
    case LayerKind::Conv:
        return taps * (g.input.channels / g.groups) * g.output.channels;
    case LayerKind::DepthwiseConv:
        return taps * g.output.channels;
    case LayerKind::Linear:
        return g.input.elements() * g.output.channels;
    default:
        return 0;
    }
}

std::int64_t Layer::macs() const
{
    if (kind == LayerKind::Linear)
        return weightCount();
    return weightCount() * geometry.output.height * geometry.output.width;
}

std::string Layer::whyNotQuantizable() const
{
    const auto& g = geometry;
    if (kind == LayerKind::Unsupported)
        return "the operation is not supported";
    if (kind == LayerKind::Concat)
        return "a concat has no kernel";
    if (kind == LayerKind::Elementwise)
        return "an activation apart from a layer has no kernel";
    if (activation == Activation::HardSwish)
        return "the activation HardSwish has no kernel";
    if (activation == Activation::Sigmoid)
        return "the activation Sigmoid has no kernel";
    if (g.groups != 1)
        return "a grouped convolution (" + std::to_string(g.groups) + " groups) has no kernel";
    if (g.dilation_y != 1 || g.dilation_x != 1)
        return "dilation has no kernel";
    if (kind == LayerKind::AveragePool && !g.counts_padding && g.padding != Padding{})
        return "an average that leaves its padding out has no kernel";
    return {};
}

Network::Network(NetworkDescription description,
                 std::shared_ptr<const NetworkParameters> parameters)
    : m_description(std::move(description)), m_parameters(std::move(parameters))
{
    checkTopology(m_description);
    if (m_parameters)
        checkParameters(m_description, *m_parameters);
    // Producers and consumers follow from the layers, so that they can never disagree with them.
    for (auto& t : m_description.tensors) {
        t.producer = -1;
        t.consumers.clear();
    }
    for (int i = 0; i < layerCount(); ++i) {
        for (const int t : layer(i).inputs)
            m_description.tensors[std::size_t(t)].consumers.push_back(i);
        m_description.tensors[std::size_t(layer(i).output)].producer = i;
    }
    m_hash = contentHash(m_description, m_parameters.get());
}

bool Network::producedNonNegative(int tensor_index) const
{
    const int producer = tensor(tensor_index).producer;
    if (producer < 0)
        return false;
    const auto& made_by = layer(producer);
    if (made_by.activation != Activation::None)
        return made_by.activation != Activation::HardSwish; // that reaches down to -3/8
    if (made_by.kind == LayerKind::Concat || made_by.kind == LayerKind::AveragePool ||
        made_by.kind == LayerKind::MaxPool)
        return std::ranges::all_of(made_by.inputs,
                                   [this](int t) { return producedNonNegative(t); });
    return false;
}

std::int64_t Network::macs() const
{
    std::int64_t sum = 0;
    for (const auto& l : layers())
        sum += l.macs();
    return sum;
}

std::int64_t Network::parameterCount() const
{
    std::int64_t sum = 0;
    for (int i = 0; i < layerCount(); ++i) {
        sum += layer(i).weightCount();
        if (layer(i).hasWeights()) {
            // Without numbers, count what the trained network has: one bias per output channel.
            const bool has_norm = m_parameters && m_parameters->layers[std::size_t(i)].batch_norm;
            sum += layer(i).geometry.output.channels * (has_norm ? 2 : 1);
        }
    }
    return sum;
}

std::shared_ptr<const Network>
Network::withParameters(std::shared_ptr<const NetworkParameters> parameters) const
{
    checkParameters(m_description, *parameters);
    auto copy = std::make_shared<Network>(*this);
    copy->m_parameters = std::move(parameters);
    return copy;
}

std::shared_ptr<const Network> Network::withName(std::string name) const
{
    auto copy = std::make_shared<Network>(*this);
    copy->m_description.name = std::move(name);
    return copy;
}

} // namespace bitdial
