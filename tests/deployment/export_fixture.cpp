// SPDX-License-Identifier: Apache-2.0
#include "export_fixture.h"

#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/override.h"
#include "core/network/open/open_network.h"
#include "tests/quantization/network_fixture.h"

#include <algorithm>
#include <array>
#include <random>
#include <sstream>

namespace bitdial::test {
namespace {

std::vector<float> numbers(std::mt19937& random, std::size_t count, float low, float high)
{
    std::uniform_real_distribution<float> pick(low, high);
    std::vector<float> values(count);
    std::ranges::generate(values, [&] { return pick(random); });
    return values;
}

LayerParameters randomParameters(const Layer& layer, std::mt19937& random)
{
    LayerParameters p;
    if (!layer.hasWeights())
        return p;
    const auto channels = std::size_t(layer.geometry.output.channels);
    p.weights = numbers(random, std::size_t(layer.weightCount()), -1, 1);
    if (layer.kind == LayerKind::Linear)
        p.bias = numbers(random, channels, -0.5F, 0.5F);
    else
        p.batch_norm = BatchNorm{
            numbers(random, channels, -1, 1.5F), numbers(random, channels, -0.5F, 1),
            numbers(random, channels, -0.5F, 0.5F), numbers(random, channels, 1, 9), 1e-3F};
    return p;
}

} // namespace

bool touchesMaxPool(const Network& network, int tensor)
{
    const auto is_pool = [&](int layer) {
        return layer >= 0 && network.layer(layer).kind == LayerKind::MaxPool;
    };
    return is_pool(network.tensor(tensor).producer) ||
           std::ranges::any_of(network.tensor(tensor).consumers, is_pool);
}

std::shared_ptr<const Network> randomZooNetwork(const std::string& spec, unsigned seed)
{
    const auto network = openNetwork(spec);
    std::mt19937 random(seed);
    auto parameters = std::make_shared<NetworkParameters>();
    for (const auto& layer : network->layers())
        parameters->layers.push_back(randomParameters(layer, random));
    return network->withParameters(parameters);
}

BitAssignment assignmentOf(const Network& network, const std::string& widths)
{
    const bool mixed = widths.starts_with("mixed");
    const int width = mixed ? 8 : std::stoi(widths);
    auto bits = BitAssignment::uniform(network, width, width);
    const ActivationGroups groups(network);
    // Plain modulo: std distributions differ between standard libraries.
    std::mt19937 random(mixed ? unsigned(std::stoul(widths.substr(5))) : 0);
    const std::array<int, 3> choices = {2, 4, 8};
    for (int group = 0; group < groups.count(); ++group) {
        if (groups.isFixed(group))
            continue;
        const bool pooled = std::ranges::any_of(
            groups.members(group), [&](int tensor) { return touchesMaxPool(network, tensor); });
        if (pooled)
            groups.setBits(bits, group, 8);
        else if (mixed)
            groups.setBits(bits, group, choices[random() % 3]);
    }
    for (int layer = 0; mixed && layer < network.layerCount(); ++layer) {
        if (!network.layer(layer).hasWeights())
            continue;
        const int chosen = choices[random() % 3];
        const bool broken = network.layer(layer).kind == LayerKind::Linear && chosen == 4;
        bits.setWeightBits(layer, broken ? 8 : chosen);
    }
    return bits;
}

std::shared_ptr<const HardwareProfile> profileOf(const std::string& spec)
{
    std::istringstream parts(spec);
    std::string name;
    std::getline(parts, name, ';');
    std::vector<std::string> settings;
    for (std::string setting; std::getline(parts, setting, ';');)
        settings.push_back(setting);
    const auto profile = openProfile(name);
    return settings.empty() ? profile : overrideProfile(*profile, settings);
}

ExportRequest randomRequest(const std::shared_ptr<const Network>& network,
                            const BitAssignment& bits, const std::string& profile, int images,
                            bool signed_input, unsigned seed)
{
    const auto calibration = randomInputs(*network, 2, signed_input, seed);
    ExportRequest request;
    request.network = std::make_shared<const IntegerNetwork>(
        foldToIntegers(network, bits, calibrated(*network, bits, calibration)));
    request.profile = profileOf(profile);
    request.golden_inputs = randomInputs(*network, images, signed_input, seed + 1);
    request.title = "test export";
    return request;
}

} // namespace bitdial::test
