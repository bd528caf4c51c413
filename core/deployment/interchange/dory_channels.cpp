// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/dory_channels.h"

#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>

namespace bitdial {
namespace {

bool hasOnlyBytes(const IntegerNetwork& folded)
{
    return std::ranges::all_of(folded.layers, [](const IntegerLayer& layer) {
        return layer.output.bits >= 8 && (layer.weight_bits == 0 || layer.weight_bits == 8) &&
               std::ranges::all_of(layer.inputs,
                                   [](const IntegerType& input) { return input.bits == 8; });
    });
}

/// What a tensor's own producer and readers ask for.
int ownMultiple(const IntegerNetwork& folded, int tensor, bool only_bytes, int cores)
{
    const Network& network = *folded.network;
    const auto& own = network.tensor(tensor);
    int multiple = only_bytes ? 1 : 8;
    for (const int consumer : own.consumers) {
        const auto& layer = folded.layers[std::size_t(consumer)];
        if (network.layer(consumer).kind != LayerKind::Linear)
            continue;
        const bool narrow = layer.inputs[0].bits == 2 || layer.weight_bits == 2;
        multiple = std::max(multiple, narrow ? 16 : (only_bytes ? 4 : 8));
    }
    if (own.producer >= 0 && network.layer(own.producer).kind == LayerKind::Linear) {
        const int out = folded.layers[std::size_t(own.producer)].output.bits;
        multiple = std::max(multiple, linearNeuronMultiple({8, 8, out}, cores));
    }
    return multiple;
}

/// What keeps channels as they are keeps those of the padding too.
void spread(const Network& network, std::vector<int>& multiples)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (const auto& layer : network.layers()) {
            if (layer.kind == LayerKind::Conv || layer.kind == LayerKind::Linear)
                continue;
            int& out = multiples[std::size_t(layer.output)];
            for (const int input : layer.inputs) {
                int& in = multiples[std::size_t(input)];
                changed |= in != out;
                in = out = std::max(in, out);
            }
        }
    }
}

/// DORY takes square weights for transposed ones: where only linear layers read the result, a few
/// more neurons of zeros tell it otherwise.
void avoidSquares(const IntegerNetwork& folded, int cores, std::vector<int>& channels)
{
    const Network& network = *folded.network;
    for (int i = 0; i < network.layerCount(); ++i) {
        const Layer& layer = network.layer(i);
        const int out_bits = folded.layers[std::size_t(i)].output.bits;
        if (layer.kind != LayerKind::Linear || out_bits > 8)
            continue;
        const auto& map = network.tensor(layer.inputs[0]).shape;
        int& outputs = channels[std::size_t(layer.output)];
        const bool feeds_linears =
            std::ranges::all_of(network.tensor(layer.output).consumers, [&](int consumer) {
                return network.layer(consumer).kind == LayerKind::Linear;
            });
        if (feeds_linears &&
            outputs == channels[std::size_t(layer.inputs[0])] * map.height * map.width)
            outputs += linearNeuronMultiple({8, 8, out_bits}, cores);
    }
}

} // namespace

std::vector<int> doryChannels(const IntegerNetwork& network, int cores)
{
    constexpr int raw_bits = 32;
    const Network& net = *network.network;
    const bool only_bytes = hasOnlyBytes(network);
    std::vector<int> multiples;
    multiples.reserve(std::size_t(net.tensorCount()));
    for (int t = 0; t < net.tensorCount(); ++t)
        multiples.push_back(ownMultiple(network, t, only_bytes, cores));
    spread(net, multiples);
    std::vector<int> channels;
    for (int t = 0; t < net.tensorCount(); ++t) {
        const auto& tensor = net.tensor(t);
        // The 32-bit result is nobody's input, and its kernel takes any number of neurons.
        const bool raw = tensor.producer >= 0 &&
                         network.layers[std::size_t(tensor.producer)].output.bits == raw_bits;
        channels.push_back(raw ? tensor.shape.channels
                               : roundUp(tensor.shape.channels, multiples[std::size_t(t)]));
    }
    avoidSquares(network, cores, channels);
    return channels;
}

} // namespace bitdial
