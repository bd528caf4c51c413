// SPDX-License-Identifier: Apache-2.0
#include "core/learning/gate_search.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/gate_charge.h"
#include "core/learning/quantize_functions.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <numbers>
#include <random>

namespace bitdial {
namespace {

constexpr double temperature = 0.5;
constexpr double stretch_low = -0.1;
constexpr double stretch_high = 1.1;
constexpr float initial_logit = 2.0F;
/// A gate is on while it is closed with a probability below this.
constexpr double off_probability = 0.34;

/// P(gate > 0) of logits.
at::Tensor openProbability(const at::Tensor& logits)
{
    return at::sigmoid(logits - temperature * std::log(-stretch_low / stretch_high));
}

/// rows x 2 hard-concrete draws, with gradient to the logits.
at::Tensor drawGates(const at::Tensor& logits, std::int64_t rows, std::mt19937_64& random)
{
    at::Tensor noise = at::empty({rows, 2}, at::kFloat);
    float* values = noise.data_ptr<float>();
    for (std::int64_t i = 0; i < noise.numel(); ++i) {
        // 53 random bits, kept off 0 and 1.
        const double u = (double(random() >> 11U) + 0.5) * 0x1p-53;
        values[i] = float(std::log(u) - std::log1p(-u));
    }
    const at::Tensor s = at::sigmoid((noise + logits) / temperature);
    return at::clamp(s * (stretch_high - stretch_low) + stretch_low, 0, 1);
}

/// Width whose gates are open, from the lowest on.
int openBits(const at::Tensor& logits)
{
    int bits = 2;
    const at::Tensor closed = (1 - openProbability(logits.detach())).contiguous();
    for (int k = 0; k < 2 && double(closed.data_ptr<float>()[k]) < off_probability; ++k)
        bits *= 2;
    return bits;
}

/// A network whose widths are gates.
class GatedNetwork {
public:
    GatedNetwork(const std::shared_ptr<const Network>& network, const Calibration& calibration)
        : m_network(network), m_groups(*network)
    {
        const auto four = calibration.stateFor(BitAssignment::uniform(*network, 4, 4));
        const auto eight = calibration.stateFor(BitAssignment::uniform(*network, 8, 8));
        m_fixed = eight.activations;
        for (int i = 0; i < network->layerCount(); ++i) {
            const bool gated = network->layer(i).hasWeights();
            m_weight_logits.push_back(gated ? newLogits() : at::Tensor());
            std::vector<float> clips;
            for (const float scale : four.weight_scales[std::size_t(i)])
                clips.push_back(scale * float(-integerRange(4, true).low));
            m_weight_steps.push_back(gatedSteps(clips, true));
        }
        for (int g = 0; g < m_groups.count(); ++g)
            m_group_logits.push_back(m_groups.isFixed(g) ? at::Tensor() : newLogits());
        for (int t = 0; t < network->tensorCount(); ++t) {
            const auto& quantizer = four.activations[std::size_t(t)];
            const auto range = integerRange(4, quantizer.is_signed);
            const float top = float(quantizer.is_signed ? -range.low : range.high);
            m_activation_steps.push_back(gatedSteps({quantizer.scale * top}, quantizer.is_signed));
        }
    }

    const ActivationGroups& groups() const { return m_groups; }

    std::vector<at::Tensor> logits() const
    {
        std::vector<at::Tensor> all;
        for (const auto* list : {&m_weight_logits, &m_group_logits})
            for (const auto& logits : *list)
                if (logits.defined())
                    all.push_back(logits);
        return all;
    }

    /// Draws all gates anew for a batch.
    void draw(std::int64_t images, std::mt19937_64& random)
    {
        m_weight_gates.clear();
        m_group_gates.clear();
        for (const auto& logits : m_weight_logits)
            m_weight_gates.push_back(logits.defined() ? drawGates(logits, 1, random)
                                                      : at::Tensor());
        for (const auto& logits : m_group_logits)
            m_group_gates.push_back(logits.defined() ? drawGates(logits, images, random)
                                                     : at::Tensor());
    }

    ForwardHooks hooks(const std::function<void()>& check) const
    {
        ForwardHooks hooks;
        hooks.weight = [this](int layer, const at::Tensor& weight) {
            return gatedQuantize(weight, m_weight_gates[std::size_t(layer)],
                                 m_weight_steps[std::size_t(layer)]);
        };
        hooks.activation = [this, check](int tensor, const at::Tensor& value) {
            check();
            return gateActivation(tensor, value);
        };
        return hooks;
    }

    at::Tensor charge(GateCharge kind, const std::vector<LayerCharge>& charges) const
    {
        const auto weights = probabilities(m_weight_logits);
        const auto tied = probabilities(m_group_logits);
        return kind == GateCharge::Bops ? bopsCharge(charges, weights, tied)
                                        : latencyCharge(charges, weights, tied);
    }

    BitAssignment chosen() const
    {
        auto bits = BitAssignment::uniform(*m_network, 8, 8);
        for (int i = 0; i < m_network->layerCount(); ++i)
            if (m_weight_logits[std::size_t(i)].defined())
                bits.setWeightBits(i, openBits(m_weight_logits[std::size_t(i)]));
        for (int g = 0; g < m_groups.count(); ++g)
            if (!m_groups.isFixed(g))
                m_groups.setBits(bits, g, openBits(m_group_logits[std::size_t(g)]));
        return bits;
    }

private:
    static at::Tensor newLogits()
    {
        return at::full({2}, initial_logit, at::kFloat).set_requires_grad(true);
    }
    static std::vector<at::Tensor> probabilities(const std::vector<at::Tensor>& logits)
    {
        std::vector<at::Tensor> open;
        for (const auto& l : logits)
            open.push_back(l.defined() ? openProbability(l) : at::Tensor());
        return open;
    }
    at::Tensor gateActivation(int tensor, const at::Tensor& value) const
    {
        const auto& gates = m_group_gates[std::size_t(m_groups.groupOf(tensor))];
        if (!gates.defined()) {
            const auto& fixed = m_fixed[std::size_t(tensor)];
            if (isRawOutput(*m_network, tensor))
                return value;
            return learnableQuantize(value, at::full({1}, fixed.scale, at::kFloat),
                                     integerRange(8, fixed.is_signed));
        }
        return gatedQuantize(value, gates, m_activation_steps[std::size_t(tensor)]);
    }

    std::shared_ptr<const Network> m_network;
    ActivationGroups m_groups;
    std::vector<ActivationQuantizer> m_fixed; ///< per tensor, at 8 bits; for those without gates
    std::vector<at::Tensor> m_weight_logits, m_group_logits;
    std::vector<at::Tensor> m_weight_gates, m_group_gates;
    std::vector<GatedSteps> m_weight_steps, m_activation_steps;
};

BitAssignment search(const std::shared_ptr<const Network>& network, const Calibration& calibration,
                     const ImageSubset& train, const GateSearchOptions& options,
                     const CostModel* model, const std::stop_token& stop,
                     const std::function<void(int step)>& progress)
{
    TorchNetwork weights(network, *network->parameters());
    weights.setRequiresGrad(true);
    GatedNetwork gated(network, calibration);
    const auto charges = options.charge == GateCharge::Bops
                             ? bopsCharges(*network, gated.groups())
                             : latencyCharges(*model, gated.groups());
    torch::optim::SGD weight_optimizer(
        weights.trainable(), torch::optim::SGDOptions(options.weight_learning_rate).momentum(0.9));
    torch::optim::Adam gate_optimizer(gated.logits(),
                                      torch::optim::AdamOptions(options.gate_learning_rate));
    const auto hooks = gated.hooks([&] {
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "The search was cancelled", network->name(), "", "");
    });
    ShuffledBatches batches(train, options.batch_size, options.seed);
    std::mt19937_64 random(options.seed + 1);
    for (int step = 0; step < options.steps; ++step) {
        const double decay = 0.5 * (1 + std::cos(std::numbers::pi * step / options.steps));
        for (auto& group : weight_optimizer.param_groups())
            group.options().set_lr(options.weight_learning_rate * decay);
        const auto batch = batches.next();
        gated.draw(batch.inputs.size(0), random);
        weight_optimizer.zero_grad();
        gate_optimizer.zero_grad();
        const auto loss =
            at::cross_entropy_loss(weights.forward(batch.inputs, true, hooks), batch.labels) +
            options.strength * gated.charge(options.charge, charges);
        loss.backward();
        weight_optimizer.step();
        gate_optimizer.step();
        if (progress)
            progress(step + 1);
    }
    return gated.chosen();
}

} // namespace

BitAssignment searchGates(const std::shared_ptr<const Network>& network,
                          const Calibration& calibration, const ImageSubset& train,
                          const GateSearchOptions& options, const CostModel* model,
                          const std::stop_token& stop,
                          const std::function<void(int step)>& progress)
{
    checkDataFits(*network, train, "training");
    return withTorchErrors("Stage 1 failed", network->name(), [&] {
        return search(network, calibration, train, options, model, stop, progress);
    });
}

} // namespace bitdial
