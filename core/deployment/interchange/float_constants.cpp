// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/float_constants.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/quantization/requantization.h"

#include <bit>
#include <cstdlib>
#include <span>

namespace bitdial {
namespace {

constexpr int float_bits = 24;
constexpr std::int64_t float_limit = std::int64_t(1) << float_bits;
constexpr std::int64_t int32_limit = std::int64_t(1) << 31;

bool roundAll(std::vector<std::int32_t>& values)
{
    bool changed = false;
    for (auto& value : values) {
        const std::int32_t rounded = floatInteger(value);
        changed |= rounded != value;
        value = rounded;
    }
    return changed;
}

/// Fewer bits of shift until the factor fits; half a step of rounding stays half a step.
bool shorten(IntegerAveragePool& pool, std::int64_t window)
{
    std::int64_t gain = pool.lambda / window;
    bool changed = false;
    while (pool.out_shift > 0 &&
           (gain * window > float_limit || std::abs(std::int64_t(pool.out_add)) > float_limit)) {
        gain /= 2; // never up, so that nothing overflows that did not
        pool.out_add /= 2;
        --pool.out_shift;
        changed = true;
    }
    pool.lambda = std::int32_t(gain * window);
    return changed;
}

/// Whether kappa * acc + lambda stays within 32 bits for every input, still.
bool fits(const IntegerLayer& layer)
{
    if (layer.kappa.empty())
        return true;
    const std::size_t per_channel = layer.weights.size() / layer.kappa.size();
    const IntegerRange input = integerRange(layer.inputs[0].bits, layer.inputs[0].is_signed);
    for (std::size_t c = 0; c < layer.kappa.size(); ++c) {
        const auto range =
            accumulatorRange(std::span(layer.weights).subspan(c * per_channel, per_channel), input);
        for (const std::int64_t acc : {range.acc_low, range.acc_high})
            if (std::abs(layer.kappa[c] * acc + layer.lambda[c]) >= int32_limit)
                return false;
    }
    return true;
}

} // namespace

std::int32_t floatInteger(std::int32_t value)
{
    const std::int64_t size = std::abs(std::int64_t(value));
    const int spare = int(std::bit_width(std::uint64_t(size))) - float_bits;
    if (spare <= 0)
        return value;
    const std::int64_t rounded = size >> spare << spare;
    return std::int32_t(value < 0 ? -rounded : rounded);
}

std::vector<std::string> roundToFloats(IntegerNetwork& network)
{
    std::vector<std::string> changed;
    for (int i = 0; i < network.network->layerCount(); ++i) {
        auto& folded = network.layers[std::size_t(i)];
        const Layer& layer = network.network->layer(i);
        bool rounded = roundAll(folded.kappa);
        rounded |= roundAll(folded.lambda);
        rounded |= roundAll(folded.bias);
        if (layer.kind == LayerKind::AveragePool)
            rounded |= shorten(folded.average_pool, std::int64_t(layer.geometry.kernel_height) *
                                                        layer.geometry.kernel_width);
        if (!fits(folded))
            throw Error(ErrorCode::Infeasible, "The layer's constants do not fit a float",
                        shownName(network.network->name()) + ": layer '" + shownName(layer.name) +
                            "'",
                        "rounded to 24 bits, its requantization overflows 32 bits",
                        "Choose other bits for it");
        if (rounded)
            changed.push_back(layer.name);
    }
    return changed;
}

} // namespace bitdial
