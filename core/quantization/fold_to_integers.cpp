// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/quantization/integer_network.h"
#include "core/quantization/requantization.h"
#include "core/quantization/widths.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr std::int64_t int32_max = 0x7fffffff;

/// Folds one layer; holds what every step of it needs.
class LayerFold {
public:
    LayerFold(const Network& network, const BitAssignment& assignment,
              const QuantizationState& state, int index)
        : m_network(network),
          m_assignment(assignment),
          m_state(state),
          m_index(std::size_t(index)),
          m_layer(network.layer(index))
    {
        m_raw = assignment.layerBits(network, index).out == 32;
    }

    IntegerLayer fold()
    {
        if (const auto why = m_layer.whyNotQuantizable(); !why.empty())
            infeasible(why, "Evaluate the network on the float or fake rung");
        for (const int tensor : m_layer.inputs)
            m_result.inputs.push_back(typeOf(tensor));
        m_result.output = m_raw ? IntegerType{32, true} : typeOf(m_layer.output);
        checkOutput();
        if (m_layer.kind == LayerKind::Add)
            foldAdd();
        else if (m_layer.kind == LayerKind::AveragePool)
            foldAveragePool();
        else if (m_layer.kind == LayerKind::MaxPool)
            checkMaxPool();
        else
            foldWeighted();
        return std::move(m_result);
    }
    /// Real value of one integer of the layer's output.
    float outputScale() const { return m_raw ? m_raw_scale : quantizer(m_layer.output).scale; }

private:
    [[noreturn]] void infeasible(const std::string& why, const std::string& next) const
    {
        throw Error(ErrorCode::Infeasible, "The network cannot be expressed in integers",
                    shownName(m_network.name()) + ": layer '" + shownName(m_layer.name) + "'", why,
                    next);
    }
    [[noreturn]] void overflows(const std::string& what) const
    {
        infeasible(what + " exceeds 32 bits in the worst case",
                   "Lower the layer's input or weight bits, or calibrate the ranges again");
    }
    const ActivationQuantizer& quantizer(int tensor) const
    {
        return m_state.activations[std::size_t(tensor)];
    }
    IntegerType typeOf(int tensor) const
    {
        const auto& name = m_network.tensor(tensor).name;
        const auto scale = quantizer(tensor).scale;
        if (!std::isfinite(scale) || !(scale > 0))
            infeasible("tensor '" + name + "' has no positive scale", "Calibrate the ranges");
        const int bits = m_assignment.activationBits(tensor);
        if (!isQuantizedWidth(bits))
            infeasible(
                "tensor '" + name + "' has " + std::to_string(bits) +
                    " bits, but only a last linear layer's output may differ from 2, 4 and 8",
                "Choose 2, 4 or 8 bits for it");
        return {bits, quantizer(tensor).is_signed};
    }
    void checkOutput() const;
    void checkMaxPool() const;
    void foldAdd();
    void foldAveragePool();
    void foldWeighted();
    void quantizeWeights();
    std::vector<ChannelScaling> accumulatorRanges() const;
    void foldRequantization(std::vector<ChannelScaling> channels);
    void foldRawOutput(const std::vector<ChannelScaling>& channels);
    const LayerParameters& parameters() const { return m_state.parameters->layers[m_index]; }
    double weightScale(std::size_t channel) const
    {
        const auto& scales = m_state.weight_scales[m_index];
        return scales[scales.size() == 1 ? 0 : channel];
    }
    double bias(std::size_t channel) const
    {
        return parameters().bias.empty() ? 0.0 : double(parameters().bias[channel]);
    }
    std::size_t channels() const { return std::size_t(m_layer.geometry.output.channels); }

    const Network& m_network;
    const BitAssignment& m_assignment;
    const QuantizationState& m_state;
    std::size_t m_index;
    const Layer& m_layer;
    bool m_raw = false;
    float m_raw_scale = 0;
    IntegerLayer m_result;
};

/// The kernels' only activation function is the clip of the output type, so it must be the layer's.
void LayerFold::checkOutput() const
{
    if (m_raw) {
        if (m_layer.activation != Activation::None)
            infeasible("the last linear layer gives raw accumulators, which cannot be activated",
                       "Use a network without activation behind its last linear layer");
        if (!m_network.tensor(m_layer.output).consumers.empty())
            infeasible("the network's output is also read by another layer",
                       "Use a network whose last linear layer is not read again");
        return;
    }
    const bool is_signed = m_result.output.is_signed;
    if (m_layer.activation != Activation::None && is_signed)
        infeasible("it ends in ReLU or Clip, but its output is signed",
                   "Calibrate the ranges again");
    const bool unsigned_inputs =
        !m_layer.hasWeights() &&
        std::ranges::none_of(m_result.inputs, [](const auto& type) { return type.is_signed; });
    if (m_layer.activation == Activation::None && !is_signed && !unsigned_inputs)
        infeasible("its results can be negative, but its output is unsigned",
                   "Calibrate the ranges again");
    if (m_layer.activation == Activation::Clip) {
        const double top = double(quantizer(m_layer.output).scale) *
                           integerRange(m_result.output.bits, false).high;
        if (top > double(m_layer.clip_max) * (1 + 1e-6))
            infeasible("its output reaches " + std::to_string(top) + ", above its clip at " +
                           std::to_string(m_layer.clip_max),
                       "Calibrate the ranges again: the top may be at most the clip");
    }
}

void LayerFold::checkMaxPool() const
{
    if (m_result.inputs[0] != m_result.output ||
        quantizer(m_layer.inputs[0]) != quantizer(m_layer.output))
        infeasible("input and output of a max-pooling differ in width, sign or scale",
                   "Give both the same bits and quantizer");
}

void LayerFold::foldAdd()
{
    const double step = addOperandScale(quantizer(m_layer.inputs[0]), m_result.inputs[0].bits,
                                        quantizer(m_layer.inputs[1]), m_result.inputs[1].bits);
    IntegerRange sum;
    for (std::size_t j = 0; j < 2; ++j) {
        const IntegerRange range =
            integerRange(m_result.inputs[j].bits, m_result.inputs[j].is_signed);
        const ChannelScaling operand{quantizer(m_layer.inputs[j]).scale / step, 0, range.low,
                                     range.high};
        const auto scaled = chooseRequantization(std::span(&operand, 1));
        if (!scaled)
            overflows("an operand of the add");
        m_result.add.mul[j] = scaled->kappa[0];
        m_result.add.add[j] = scaled->lambda[0];
        m_result.add.shift[j] = scaled->shift;
        const IntegerRange clip = integerRange(8, m_result.inputs[j].is_signed);
        sum.low += clip.low;
        sum.high += clip.high;
    }
    const ChannelScaling out{step / double(quantizer(m_layer.output).scale), 0, sum.low, sum.high};
    const auto scaled = chooseRequantization(std::span(&out, 1));
    if (!scaled)
        overflows("the sum of the add");
    m_result.add.out_mul = scaled->kappa[0];
    m_result.add.out_add = scaled->lambda[0];
    m_result.add.out_shift = scaled->shift;
}

void LayerFold::foldAveragePool()
{
    const auto& g = m_layer.geometry;
    const std::int64_t window = std::int64_t(g.kernel_height) * g.kernel_width;
    const IntegerRange range = integerRange(m_result.inputs[0].bits, m_result.inputs[0].is_signed);
    const ChannelScaling sum{double(quantizer(m_layer.inputs[0]).scale) /
                                 (double(quantizer(m_layer.output).scale) * double(window)),
                             0, range.low * window, range.high * window};
    const auto scaled = chooseRequantization(std::span(&sum, 1));
    if (!scaled)
        overflows("the sum of the pooling window");
    // The kernel divides lambda by the window again; sum.high >= window keeps the product in 32
    // bits.
    m_result.average_pool.lambda = std::int32_t(scaled->kappa[0] * window);
    m_result.average_pool.out_add = scaled->lambda[0];
    m_result.average_pool.out_shift = scaled->shift;
}

void LayerFold::foldWeighted()
{
    const auto& scales = m_state.weight_scales[m_index];
    if (scales.size() != 1 && scales.size() != channels())
        infeasible("it has " + std::to_string(scales.size()) + " weight scales for " +
                       std::to_string(channels()) + " output channels",
                   "Give one scale per output channel");
    quantizeWeights();
    auto ranges = accumulatorRanges();
    if (m_raw)
        foldRawOutput(ranges);
    else
        foldRequantization(std::move(ranges));
}

void LayerFold::quantizeWeights()
{
    m_result.weight_bits = m_assignment.weightBits(int(m_index));
    const IntegerRange range = integerRange(m_result.weight_bits, true);
    const auto& weights = parameters().weights;
    const std::size_t per_channel = weights.size() / channels();
    m_result.weights.reserve(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const auto scale = float(weightScale(i / per_channel));
        if (!std::isfinite(scale) || scale < 0)
            infeasible("a weight scale is negative or not finite", "Calibrate the ranges again");
        if (std::isnan(weights[i]))
            infeasible("a weight is not a number", "Train or import the network again");
        m_result.weights.push_back(weightInteger(weights[i], scale, range));
    }
}

/// Exact range of each channel's accumulator over all inputs; padding and partial sums lie inside.
std::vector<ChannelScaling> LayerFold::accumulatorRanges() const
{
    const IntegerRange x = integerRange(m_result.inputs[0].bits, m_result.inputs[0].is_signed);
    const std::size_t per_channel = m_result.weights.size() / channels();
    std::vector<ChannelScaling> ranges(channels());
    for (std::size_t c = 0; c < channels(); ++c) {
        ranges[c] =
            accumulatorRange(std::span(m_result.weights).subspan(c * per_channel, per_channel), x);
        if (ranges[c].acc_low < -int32_max || ranges[c].acc_high > int32_max)
            overflows("the accumulator of channel " + std::to_string(c));
    }
    return ranges;
}

void LayerFold::foldRequantization(std::vector<ChannelScaling> ranges)
{
    const double in = quantizer(m_layer.inputs[0]).scale;
    const double out = quantizer(m_layer.output).scale;
    for (std::size_t c = 0; c < channels(); ++c) {
        double gain = 1;
        double offset = bias(c);
        if (const auto& bn = parameters().batch_norm) {
            gain = double(bn->scale[c]) / std::sqrt(double(bn->variance[c]) + double(bn->epsilon));
            offset = gain * (offset - double(bn->mean[c])) + double(bn->shift[c]);
        }
        ranges[c].multiplier = in * weightScale(c) * gain / out;
        ranges[c].offset = offset / out;
        if (!std::isfinite(ranges[c].multiplier) || !std::isfinite(ranges[c].offset))
            infeasible("bias or batch normalisation of channel " + std::to_string(c) +
                           " is not finite",
                       "Train or import the network again");
    }
    auto folded = chooseRequantization(ranges);
    if (!folded)
        overflows("the requantization");
    m_result.requantization_error_steps = requantizationError(
        ranges, *folded, integerRange(m_result.output.bits, m_result.output.is_signed));
    m_result.kappa = std::move(folded->kappa);
    m_result.lambda = std::move(folded->lambda);
    m_result.shift = folded->shift;
}

/// All logits must share one scale to be comparable, hence one weight scale and no batch norm.
void LayerFold::foldRawOutput(const std::vector<ChannelScaling>& ranges)
{
    if (m_state.weight_scales[m_index].size() != 1)
        infeasible("the last linear layer needs a single weight scale",
                   "Calibrate the ranges again");
    if (parameters().batch_norm)
        infeasible("batch normalisation behind the last linear layer scales each logit differently",
                   "Fold it into the weights before importing");
    const double step = double(quantizer(m_layer.inputs[0]).scale) * weightScale(0);
    if (!(step > 0))
        infeasible("its weight scale is 0", "Calibrate the ranges again");
    m_raw_scale = float(step);
    for (std::size_t c = 0; c < channels(); ++c) {
        const double value = std::floor(bias(c) / step + 0.5);
        if (!(std::abs(value) <= double(int32_max)) ||
            double(ranges[c].acc_low) + value < -double(int32_max) ||
            double(ranges[c].acc_high) + value > double(int32_max))
            overflows("the accumulator with the bias of channel " + std::to_string(c));
        m_result.bias.push_back(std::int32_t(value));
    }
}

void checkSizes(const Network& network, const BitAssignment& assignment,
                const QuantizationState& state)
{
    const auto layers = std::size_t(network.layerCount());
    const auto tensors = std::size_t(network.tensorCount());
    const auto refuse = [&network](const std::string& why) {
        throw Error(ErrorCode::BadInput, "The quantization does not fit the network",
                    network.name(), why, "Use the quantization that was made for this network");
    };
    if (assignment.empty())
        refuse("no bit widths are given");
    if (!state.parameters || state.parameters->layers.size() != layers)
        refuse("it has no parameters, or not one entry per layer");
    if (state.weight_scales.size() != layers)
        refuse("it has not one list of weight scales per layer");
    if (state.activations.size() != tensors)
        refuse("it has not one quantizer per tensor");
}

} // namespace

IntegerNetwork foldToIntegers(std::shared_ptr<const Network> network,
                              const BitAssignment& assignment, const QuantizationState& state)
{
    checkSizes(*network, assignment, state);
    IntegerNetwork result;
    // Also checks every count of the parameters, and carries the numbers that were folded.
    result.network = network->withParameters(state.parameters);
    result.assignment = assignment;
    result.input = state.activations[std::size_t(network->input())];
    for (int i = 0; i < network->layerCount(); ++i) {
        LayerFold fold(*result.network, assignment, state, i);
        result.layers.push_back(fold.fold());
        if (network->layer(i).output == network->output())
            result.output_scale = fold.outputScale();
    }
    return result;
}

void quantizeInput(const IntegerNetwork& network, std::span<const float> input,
                   std::span<std::int32_t> output)
{
    const int bits = network.assignment.activationBits(network.network->input());
    const IntegerRange range = integerRange(bits, network.input.is_signed);
    // In single precision and with the inverse, like the fake-quantized network, so that ties round
    // the same way. A value that is no number becomes the low end: std::max keeps its first
    // argument when the comparison fails.
    const float inverse = 1.0F / network.input.scale;
    for (std::size_t i = 0; i < input.size(); ++i) {
        const float q = std::floor(input[i] * inverse + 0.5F);
        output[i] = std::int32_t(std::min(std::max(float(range.low), q), float(range.high)));
    }
}

} // namespace bitdial
