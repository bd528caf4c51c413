// SPDX-License-Identifier: Apache-2.0
#include "core/learning/initial_parameters.h"

#include <cmath>
#include <numbers>
#include <random>

namespace bitdial {
namespace {

/// Box-Muller by hand: std::normal_distribution's sequence is the library's choice.
class Normal {
public:
    explicit Normal(std::uint64_t seed) : m_random(seed) {}
    float operator()(double deviation)
    {
        const double u = (double(m_random() >> 11) + 1.0) / 9007199254740993.0;
        const double v = double(m_random() >> 11) / 9007199254740992.0;
        return float(deviation * std::sqrt(-2.0 * std::log(u)) *
                     std::cos(2 * std::numbers::pi * v));
    }

private:
    std::mt19937_64 m_random;
};

double fan(const Layer& layer)
{
    const auto& g = layer.geometry;
    if (layer.kind == LayerKind::Linear)
        return double(g.input.elements());
    const double taps = double(g.kernel_height) * g.kernel_width;
    return layer.kind == LayerKind::DepthwiseConv ? taps : taps * g.output.channels;
}

} // namespace

std::shared_ptr<const NetworkParameters> initialParameters(const Network& network,
                                                           std::uint64_t seed)
{
    Normal normal(seed);
    auto parameters = std::make_shared<NetworkParameters>();
    for (const auto& layer : network.layers()) {
        LayerParameters p;
        const auto channels = std::size_t(layer.geometry.output.channels);
        if (layer.hasWeights()) {
            p.weights.resize(std::size_t(layer.weightCount()));
            const double gain = layer.kind == LayerKind::Linear ? 1.0 : 2.0;
            for (auto& w : p.weights)
                w = normal(std::sqrt(gain / fan(layer)));
            if (layer.kind == LayerKind::Linear)
                p.bias.assign(channels, 0.0F);
            else
                p.batch_norm = BatchNorm{
                    std::vector<float>(channels, 1.0F), std::vector<float>(channels, 0.0F),
                    std::vector<float>(channels, 0.0F), std::vector<float>(channels, 1.0F), 1e-5F};
        }
        parameters->layers.push_back(std::move(p));
    }
    return parameters;
}

} // namespace bitdial
