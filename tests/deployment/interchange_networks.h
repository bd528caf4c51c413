// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/open/open_network.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/quantization_state.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/shared_data.h"

#include <QString>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <vector>

namespace bitdial::test {

using Random = std::mt19937;

/// Every free group of activations and every weight tensor 2, 4 or 8 bits.
inline BitAssignment randomBits(const Network& network, Random& random)
{
    auto bits = BitAssignment::uniform(network, 8, 8);
    const std::array<int, 3> choices = {2, 4, 8};
    const ActivationGroups groups(network);
    for (int group = 0; group < groups.count(); ++group)
        if (!groups.isFixed(group))
            groups.setBits(bits, group, choices[random() % 3]);
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).hasWeights())
            bits.setWeightBits(i, choices[random() % 3]);
    return bits;
}

/// Steps that nothing measured: any positive floats, the sign as the topology says.
inline QuantizationState randomState(const Network& network, Random& random)
{
    const auto step = [&] { return float(random() % 100000 + 1) / 1234567.0F; };
    QuantizationState state{network.parameters(), {}, {}};
    for (const auto& layer : network.layers()) {
        std::size_t scales = layer.hasWeights() ? std::size_t(layer.geometry.output.channels) : 0;
        if (scales > 0 && isRawOutput(network, layer.output))
            scales = 1;
        std::vector<float> steps(scales);
        std::ranges::generate(steps, step);
        state.weight_scales.push_back(std::move(steps));
    }
    for (int t = 0; t < network.tensorCount(); ++t)
        state.activations.push_back(
            isRawOutput(network, t) ? ActivationQuantizer{}
                                    : ActivationQuantizer{step(), !network.producedNonNegative(t)});
    return state;
}

inline std::shared_ptr<const Network>
withRandomNumbers(const std::shared_ptr<const Network>& network, Random& random)
{
    auto parameters = std::make_shared<NetworkParameters>();
    const auto numbers = [&](std::size_t count, float low) {
        std::vector<float> values(count);
        std::ranges::generate(values, [&] { return low + float(random() % 1000) / 1000.0F; });
        return values;
    };
    for (const auto& layer : network->layers()) {
        LayerParameters p;
        const auto channels = std::size_t(layer.geometry.output.channels);
        if (layer.hasWeights()) {
            p.weights = numbers(std::size_t(layer.weightCount()), -0.5F);
            p.bias = numbers(channels, -0.5F);
            if (layer.kind != LayerKind::Linear)
                p.batch_norm = BatchNorm{numbers(channels, 0.5F), numbers(channels, -0.5F),
                                         numbers(channels, -0.5F), numbers(channels, 0.5F), 1e-3F};
        }
        parameters->layers.push_back(std::move(p));
    }
    return network->withParameters(parameters);
}

/// A demo network, "zoo:…" with random numbers, "every kind" of layer, or a file of the shared
/// data; null where that is absent.
inline std::shared_ptr<const Network> networkNamed(const QString& name, Random& random)
{
    if (name.startsWith("zoo:"))
        return withRandomNumbers(openNetwork(name.toStdString()), random);
    if (name == "every kind")
        return everyKindNetwork(unsigned(random()));
    if (!name.endsWith(".onnx"))
        return openNetwork(name.toStdString());
    const auto file = sharedData() / "models" / name.toStdString();
    return std::filesystem::exists(file) ? openNetwork(file.string()) : nullptr;
}

} // namespace bitdial::test
