// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace bitdial {

/// A network without weights, built layer by layer.
class NetworkBuilder {
public:
    explicit NetworkBuilder(TensorShape input)
    {
        m_net.tensors.push_back({"input", input, -1, {}});
    }

    int layer(LayerKind kind, std::vector<int> inputs, int channels, int kernel, int stride)
    {
        const TensorShape in = m_net.tensors[std::size_t(inputs[0])].shape;
        const int index = int(m_net.layers.size());
        Layer layer;
        layer.kind = kind;
        layer.name = "layer" + std::to_string(index);
        layer.inputs = inputs;
        layer.output = int(m_net.tensors.size());
        layer.geometry.input = in;
        layer.geometry.kernel_height = layer.geometry.kernel_width = kernel;
        layer.geometry.stride_y = layer.geometry.stride_x = stride;
        const int pad = kind == LayerKind::AveragePool ? 0 : kernel / 2;
        layer.geometry.padding = {pad, pad, pad, pad};
        const auto size = [&](int length) { return (length + 2 * pad - kernel) / stride + 1; };
        layer.geometry.output = {channels, size(in.height), size(in.width)};
        if (kind == LayerKind::Linear) {
            layer.geometry.input = {int(in.elements()), 1, 1};
            layer.geometry.output = {channels, 1, 1};
            layer.geometry.padding = {};
        }
        layer.activation = kind == LayerKind::Linear ? Activation::None : Activation::Relu;
        for (const int input : inputs)
            m_net.tensors[std::size_t(input)].consumers.push_back(index);
        m_net.tensors.push_back({"t" + std::to_string(index), layer.geometry.output, index, {}});
        m_net.layers.push_back(layer);
        return layer.output;
    }

    std::shared_ptr<const Network> network()
    {
        m_net.name = "test";
        m_net.output = int(m_net.tensors.size()) - 1;
        return std::make_shared<const Network>(m_net, nullptr);
    }

private:
    NetworkDescription m_net;
};

inline std::shared_ptr<const Network> residualNetwork()
{
    NetworkBuilder b({1, 28, 28});
    const int stem = b.layer(LayerKind::Conv, {0}, 16, 3, 1);
    const int conv = b.layer(LayerKind::Conv, {stem}, 16, 3, 1);
    const int sum = b.layer(LayerKind::Add, {stem, conv}, 16, 1, 1);
    const int deep = b.layer(LayerKind::DepthwiseConv, {sum}, 16, 3, 2);
    const int point = b.layer(LayerKind::Conv, {deep}, 48, 1, 1);
    const int pool = b.layer(LayerKind::AveragePool, {point}, 48, 14, 1);
    b.layer(LayerKind::Linear, {pool}, 10, 1, 1);
    return b.network();
}

/// Nothing of it fits L2: large maps first, many weights later.
inline std::shared_ptr<const Network> largeNetwork()
{
    NetworkBuilder b({3, 128, 128});
    const int stem = b.layer(LayerKind::Conv, {0}, 32, 3, 1);
    const int deep = b.layer(LayerKind::DepthwiseConv, {stem}, 32, 3, 2);
    const int wide = b.layer(LayerKind::Conv, {deep}, 512, 3, 8);
    const int wider = b.layer(LayerKind::Conv, {wide}, 1024, 1, 1);
    const int pool = b.layer(LayerKind::AveragePool, {wider}, 1024, 8, 1);
    b.layer(LayerKind::Linear, {pool}, 1000, 1, 1);
    return b.network();
}

/// Blocks of random kind, size and stride on a random map; about one in three ends in an add.
inline std::shared_ptr<const Network> randomNetwork(std::mt19937& random)
{
    const auto pick = [&](int from, int to) {
        return from + int(random() % unsigned(to - from + 1));
    };
    const int size = pick(7, 70);
    NetworkBuilder builder({pick(1, 3), size, pick(5, 70)});
    int channels = pick(1, 12) * 8;
    int tensor = builder.layer(LayerKind::Conv, {0}, channels, 3, pick(1, 2));
    for (int block = pick(1, 5); block > 0; --block) {
        const int input = tensor;
        const int inner = pick(1, 40) * 8;
        tensor = builder.layer(LayerKind::Conv, {tensor}, inner, pick(0, 3) == 0 ? 3 : 1, 1);
        const bool adds = pick(0, 2) == 0;
        tensor = builder.layer(LayerKind::DepthwiseConv, {tensor}, inner, 3, adds ? 1 : pick(1, 2));
        const int out = adds ? channels : pick(1, 20) * 8;
        tensor = builder.layer(LayerKind::Conv, {tensor}, out, 1, 1);
        if (adds)
            tensor = builder.layer(LayerKind::Add, {input, tensor}, out, 1, 1);
        channels = out;
    }
    builder.layer(LayerKind::Linear, {tensor}, pick(2, 100), 1, 1);
    return builder.network();
}

inline BitAssignment randomBits(const Network& network, std::mt19937& random)
{
    constexpr int widths[] = {2, 4, 8};
    BitAssignment bits = BitAssignment::uniform(network, 8, 8);
    const ActivationGroups groups(network);
    for (int group = 0; group < groups.count(); ++group)
        if (!groups.isFixed(group))
            groups.setBits(bits, group, widths[random() % 3]);
    for (int layer = 0; layer < network.layerCount(); ++layer)
        if (network.layer(layer).hasWeights())
            bits.setWeightBits(layer, widths[random() % 3]);
    return bits;
}

inline bool same(const NetworkCost& a, const NetworkCost& b)
{
    bool equal = a.latency_cycles == b.latency_cycles && a.weight_bytes == b.weight_bytes &&
                 a.peak_l1_bytes == b.peak_l1_bytes && a.peak_l2_bytes == b.peak_l2_bytes &&
                 a.bops == b.bops && a.infeasible_reason == b.infeasible_reason &&
                 a.layers.size() == b.layers.size();
    for (std::size_t i = 0; equal && i < a.layers.size(); ++i)
        equal = a.layers[i].latency_cycles == b.layers[i].latency_cycles &&
                a.layers[i].l2_bytes == b.layers[i].l2_bytes &&
                a.layers[i].weight_bytes == b.layers[i].weight_bytes &&
                a.layers[i].bound == b.layers[i].bound;
    return equal;
}

/// Edits the first layer's weights again and again, every fourth time all widths: whether a model
/// always gives what one without memory of earlier assignments does.
inline bool costsAsAnew(const std::shared_ptr<const Network>& network,
                        const std::shared_ptr<const HardwareProfile>& target, int edits,
                        std::mt19937& random)
{
    const CostModel model(network, target);
    BitAssignment bits = randomBits(*network, random);
    for (int edit = 0; edit < edits; ++edit) {
        if (edit % 4 == 3)
            bits = randomBits(*network, random);
        bits.setWeightBits(0, 2 << (random() % 3));
        if (!same(model.cost(bits), CostModel(network, target).cost(bits)))
            return false;
    }
    return true;
}

} // namespace bitdial
