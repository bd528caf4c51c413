// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/open/open_network.h"
#include "core/project/project.h"

namespace bitdial::test {

constexpr const char* small_network = "zoo:resnet8?resolution=16&width=4";

/// A state with numbers of its own for each `salt`; parameters as the network's geometry asks.
inline QuantizationState makeState(const Network& network, float salt)
{
    auto parameters = std::make_shared<NetworkParameters>();
    QuantizationState state;
    for (const auto& layer : network.layers()) {
        LayerParameters numbers;
        std::vector<float> scales;
        if (layer.hasWeights()) {
            const auto channels = std::size_t(layer.geometry.output.channels);
            numbers.weights.assign(std::size_t(layer.weightCount()), salt);
            numbers.bias.assign(channels, -salt);
            scales.assign(channels, salt / 128);
        }
        parameters->layers.push_back(std::move(numbers));
        state.weight_scales.push_back(std::move(scales));
    }
    state.parameters = std::move(parameters);
    state.activations.assign(std::size_t(network.tensorCount()), {salt, false});
    return state;
}

inline DesignPoint makePoint(const Network& network, int weight_bits, int activation_bits)
{
    DesignPoint point;
    point.assignment = BitAssignment::uniform(network, weight_bits, activation_bits);
    point.accuracies = {{Rung::Fake, DataRole::Validation, 900, 1000}};
    point.provenance = {"uniform", PointRole::Reference, 0, "", 7, 0, "8/8", network.hash(), "data",
                        "",        "{\"a\":\"é\"}"};
    return point;
}

/// What an export of the point took on a profile.
inline MeasuredRun makeRun(const Network& network, const DesignPoint& point,
                           const std::string& profile, const std::string& profile_hash,
                           std::uint64_t cycles)
{
    MeasuredRun run{
        point.id, profile,        profile_hash,           toBitsJson(network, point.assignment),
        "gvsoc",  "clang; GVSoC", "2026-12-01T02:03:04Z", "abc",
        100,      cycles};
    for (const auto& layer : network.layers())
        run.layers.push_back({layer.name, 10, 11, std::nullopt});
    run.layers[0].kernel_cycles = 9;
    return run;
}

} // namespace bitdial::test
