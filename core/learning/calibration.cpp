// SPDX-License-Identifier: Apache-2.0
#include "core/learning/calibration.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/activation_samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace bitdial {
namespace {

int widthIndex(int bits)
{
    return bits == 2 ? 0 : bits == 4 ? 1 : 2;
}

double squaredError(std::span<const float> values, float scale, IntegerRange range)
{
    double sum = 0;
    for (const float v : values) {
        const float q =
            std::clamp(std::floor(v / scale + 0.5F), float(range.low), float(range.high));
        const double e = double(v) - double(scale * q);
        sum += e * e;
    }
    return sum;
}

/// Scale with the least squared error among clips from 20 % to 100 % of the largest magnitude.
float bestScale(std::span<const float> values, IntegerRange range)
{
    float largest = 0;
    for (const float v : values)
        largest =
            std::max(largest, v < 0 ? -v / float(std::max(1, -range.low)) : v / float(range.high));
    if (largest <= 0)
        return 0;
    float best = largest;
    double best_error = squaredError(values, largest, range);
    for (int percent = 98; percent >= 20; percent -= 2) {
        const float scale = largest * float(percent) / 100.0F;
        const double error = squaredError(values, scale, range);
        if (error < best_error) {
            best_error = error;
            best = scale;
        }
    }
    return best;
}

/// Largest scale that the producer's clip allows: no integer may lie above it.
float clipBound(const Network& network, int tensor, IntegerRange range)
{
    const int producer = network.tensor(tensor).producer;
    if (producer < 0 || network.layer(producer).activation != Activation::Clip)
        return std::numeric_limits<float>::infinity();
    return network.layer(producer).clip_max / float(range.high);
}

} // namespace

Calibration::Calibration(std::shared_ptr<const Network> network, const ImageSubset& calibration,
                         std::stop_token stop)
    : m_network(std::move(network)), m_scales(std::size_t(m_network->layerCount()))
{
    if (!m_network->hasParameters())
        throw Error(ErrorCode::Infeasible, "Cannot calibrate", m_network->name(),
                    "the network is geometry-only", "Train it, or import a file with weights");
    checkPicturesFit(*m_network, calibration, "calibration");
    m_values = sampleActivations(m_network, calibration, stop);
    for (int t = 0; t < m_network->tensorCount(); ++t) {
        const auto& values = m_values[std::size_t(t)];
        if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); }))
            throw Error(ErrorCode::BadInput, "The network computes values that are not finite",
                        "tensor '" + m_network->tensor(t).name + "'",
                        "NaN or infinity on calibration data", "Check weights and preprocessing");
        const bool negative = std::ranges::any_of(values, [](float v) { return v < 0; });
        m_signed.push_back(t == m_network->input() ? negative : !m_network->producedNonNegative(t));
        m_quantizers.push_back({measure(t, 2), measure(t, 4), measure(t, 8)});
    }
}

ActivationQuantizer Calibration::measure(int tensor, int bits) const
{
    if (isRawOutput(*m_network, tensor))
        return {0, true};
    // Pooling of a non-negative input is non-negative; pooling of the network's signed input is
    // not.
    const bool is_signed = m_signed[std::size_t(tensor)];
    const auto range = integerRange(bits, is_signed);
    float scale = bestScale(m_values[std::size_t(tensor)], range);
    if (tensor == m_network->input() && bits == 8 && !is_signed) {
        // Pixels lie on a grid of their own: the full range loses nothing.
        const auto& values = m_values[std::size_t(tensor)];
        scale = *std::ranges::max_element(values) / float(range.high);
    }
    if (scale <= 0)
        scale = 1.0F; // a tensor of zeros: any step represents it
    return {std::min(scale, clipBound(*m_network, tensor, range)), is_signed};
}

ActivationQuantizer Calibration::activation(int tensor, int bits) const
{
    if (isRawOutput(*m_network, tensor))
        return {0, true};
    return m_quantizers[std::size_t(tensor)][std::size_t(widthIndex(bits))];
}

std::vector<float> Calibration::weightScales(const Layer& layer, const std::vector<float>& weights,
                                             int bits, bool per_tensor)
{
    const auto range = integerRange(bits, true);
    const std::size_t channels = per_tensor ? 1 : std::size_t(layer.geometry.output.channels);
    const std::size_t size = weights.size() / channels;
    std::vector<float> scales;
    for (std::size_t c = 0; c < channels; ++c)
        scales.push_back(bestScale(std::span(weights).subspan(c * size, size), range));
    return scales;
}

const std::vector<float>& Calibration::weightScales(int layer, int bits) const
{
    LayerScales& known = m_scales[std::size_t(layer)];
    const auto width = std::size_t(widthIndex(bits));
    std::call_once(known.known[width], [&] {
        const Layer& of = m_network->layer(layer);
        known.scales[width] =
            weightScales(of, m_network->parameters()->layers[std::size_t(layer)].weights, bits,
                         isRawOutput(*m_network, of.output));
    });
    return known.scales[width];
}

QuantizationState Calibration::stateFor(const BitAssignment& bits) const
{
    QuantizationState state;
    state.parameters = m_network->parameters();
    for (int i = 0; i < m_network->layerCount(); ++i) {
        const auto& layer = m_network->layer(i);
        state.weight_scales.push_back(layer.hasWeights() ? weightScales(i, bits.weightBits(i))
                                                         : std::vector<float>{});
    }
    for (int t = 0; t < m_network->tensorCount(); ++t)
        state.activations.push_back(activation(t, bits.activationBits(t)));
    tieMaxPools(*m_network, state);
    return state;
}

} // namespace bitdial
