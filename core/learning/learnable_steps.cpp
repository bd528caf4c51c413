// SPDX-License-Identifier: Apache-2.0
#include "core/learning/learnable_steps.h"

#include "core/learning/quantize_functions.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr double no_bound = std::numeric_limits<double>::infinity();

at::Tensor column(const std::vector<float>& values)
{
    return at::tensor(at::ArrayRef<float>(values), at::kFloat);
}

std::vector<float> valuesOf(const at::Tensor& tensor)
{
    const auto flat = tensor.detach().contiguous();
    const float* data = flat.data_ptr<float>();
    return {data, data + flat.numel()};
}

} // namespace

at::Tensor LearnableSteps::Steps::value() const
{
    return start * theta.exp();
}

LearnableSteps::LearnableSteps(std::shared_ptr<const Network> network, const BitAssignment& bits,
                               const QuantizationState& start)
    : m_network(std::move(network)), m_bits(bits), m_start(start)
{
    const auto learnable = [](const std::vector<float>& values, double largest_theta) {
        Steps steps{column(values), at::zeros({std::int64_t(values.size())}, at::kFloat),
                    largest_theta};
        steps.theta.set_requires_grad(true);
        return steps;
    };
    for (const auto& scales : m_start.weight_scales)
        m_weights.push_back(scales.empty() ? Steps{} : learnable(scales, no_bound));
    m_slot.assign(std::size_t(m_network->tensorCount()), -1);
    for (int t = 0; t < m_network->tensorCount(); ++t) {
        const auto& quantizer = m_start.activations[std::size_t(t)];
        const int producer = m_network->tensor(t).producer;
        if (quantizer.scale <= 0)
            continue;
        if (producer >= 0 && m_network->layer(producer).kind == LayerKind::MaxPool) {
            m_slot[std::size_t(t)] = m_slot[std::size_t(m_network->layer(producer).inputs.front())];
            continue;
        }
        double bound = no_bound;
        if (producer >= 0 && m_network->layer(producer).activation == Activation::Clip) {
            const int high = integerRange(m_bits.activationBits(t), quantizer.is_signed).high;
            const double largest = double(m_network->layer(producer).clip_max) / high;
            bound = std::log(largest / double(quantizer.scale));
        }
        m_slot[std::size_t(t)] = int(m_activations.size());
        m_activations.push_back(learnable({quantizer.scale}, bound));
    }
}

std::vector<at::Tensor> LearnableSteps::trainable() const
{
    std::vector<at::Tensor> all;
    for (const auto& steps : m_weights)
        if (steps.theta.defined())
            all.push_back(steps.theta);
    for (const auto& steps : m_activations)
        all.push_back(steps.theta);
    return all;
}

ActivationQuantizer LearnableSteps::quantizer(int tensor) const
{
    auto result = m_start.activations[std::size_t(tensor)];
    const int slot = m_slot[std::size_t(tensor)];
    if (slot < 0)
        return result;
    const auto& steps = m_activations[std::size_t(slot)];
    result.scale = steps.value().item<float>();
    // exp(ln(x)) may round up; the integer fold refuses a top above the clip.
    if (steps.largest_theta != no_bound)
        result.scale = std::min(
            result.scale, float(double(steps.start.item<float>()) * std::exp(steps.largest_theta)));
    return result;
}

at::Tensor LearnableSteps::quantizeActivation(int tensor, const at::Tensor& value)
{
    const int slot = m_slot[std::size_t(tensor)];
    if (slot < 0)
        return value;
    return learnableQuantize(value, m_activations[std::size_t(slot)].value(),
                             integerRange(m_bits.activationBits(tensor),
                                          m_start.activations[std::size_t(tensor)].is_signed));
}

at::Tensor LearnableSteps::quantizeAddOperand(int layer, int operand, const at::Tensor& value) const
{
    const auto& inputs = m_network->layer(layer).inputs;
    const auto a = quantizer(inputs[0]);
    const auto b = quantizer(inputs[1]);
    const float inner =
        addOperandScale(a, m_bits.activationBits(inputs[0]), b, m_bits.activationBits(inputs[1]));
    return learnableQuantize(value, at::full({1}, inner, at::kFloat),
                             integerRange(8, operand == 0 ? a.is_signed : b.is_signed));
}

ForwardHooks LearnableSteps::hooks(const std::function<void()>& check)
{
    ForwardHooks hooks;
    hooks.weight = [this](int layer, const at::Tensor& weight) {
        return learnableQuantize(weight, m_weights[std::size_t(layer)].value(),
                                 integerRange(m_bits.weightBits(layer), true));
    };
    hooks.activation = [this, check](int tensor, const at::Tensor& value) {
        check();
        return quantizeActivation(tensor, value);
    };
    hooks.add_operand = [this](int layer, int operand, const at::Tensor& value) {
        return quantizeAddOperand(layer, operand, value);
    };
    return hooks;
}

void LearnableSteps::clampToClips()
{
    const at::NoGradGuard no_grad;
    for (auto& steps : m_activations)
        if (steps.largest_theta != no_bound)
            steps.theta.clamp_max_(steps.largest_theta);
}

QuantizationState LearnableSteps::state(std::shared_ptr<const NetworkParameters> parameters) const
{
    QuantizationState state = m_start;
    state.parameters = std::move(parameters);
    for (std::size_t i = 0; i < m_weights.size(); ++i)
        if (m_weights[i].theta.defined())
            state.weight_scales[i] = valuesOf(m_weights[i].value());
    for (int t = 0; t < m_network->tensorCount(); ++t)
        state.activations[std::size_t(t)] = quantizer(t);
    return state;
}

} // namespace bitdial
