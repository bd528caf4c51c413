// SPDX-License-Identifier: Apache-2.0
#include "core/learning/gate_search.h"

#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/gate_charge.h"
#include "core/learning/gates.h"
#include "core/learning/quantize_functions.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"
#include "core/learning/training_loop.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <span>

namespace bitdial {
namespace {

/// A network whose widths are gates.
class GatedNetwork {
public:
    GatedNetwork(const std::shared_ptr<const Network>& network, const Calibration& calibration,
                 const SearchSpace& space)
        : m_network(network), m_groups(*network)
    {
        const auto four = calibration.stateFor(BitAssignment::uniform(*network, 4, 4));
        const auto eight = calibration.stateFor(BitAssignment::uniform(*network, 8, 8));
        m_fixed = eight.activations;
        for (int i = 0; i < network->layerCount(); ++i) {
            m_weights.emplace_back(space.weightWidths(i));
            std::vector<float> clips;
            for (const float scale : four.weight_scales[std::size_t(i)])
                clips.push_back(scale * float(-integerRange(4, true).low));
            m_weight_steps.push_back(gatedSteps(clips, true));
        }
        for (int g = 0; g < m_groups.count(); ++g)
            m_activations.emplace_back(space.groupWidths(g));
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
        for (const auto* list : {&m_weights, &m_activations})
            for (const auto& gates : *list)
                if (gates.exist())
                    all.push_back(gates.logits());
        return all;
    }

    /// Draws all gates anew for a batch.
    void draw(const GateNoise& noise, int step, std::span<const int> samples)
    {
        m_weight_gates.clear();
        m_group_gates.clear();
        int tensor = 0; // as the noise knows it
        for (const auto& gates : m_weights) {
            m_weight_gates.push_back(gates.exist() ? gates.draw(noise.row(step, tensor))
                                                   : at::Tensor());
            ++tensor;
        }
        for (const auto& gates : m_activations) {
            m_group_gates.push_back(gates.exist() ? gates.draw(noise.rows(step, tensor, samples))
                                                  : at::Tensor());
            ++tensor;
        }
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
        const auto weights = probabilities(m_weights);
        const auto tied = probabilities(m_activations);
        return kind == GateCharge::Bops ? bopsCharge(charges, weights, tied)
                                        : latencyCharge(charges, weights, tied);
    }

    BitAssignment chosen() const
    {
        auto bits = BitAssignment::uniform(*m_network, 8, 8);
        for (int i = 0; i < m_network->layerCount(); ++i)
            if (const auto& gates = m_weights[std::size_t(i)]; gates.exist())
                bits.setWeightBits(i, gates.openBits());
        for (int g = 0; g < m_groups.count(); ++g)
            if (!m_groups.isFixed(g))
                m_groups.setBits(bits, g, m_activations[std::size_t(g)].openBits());
        return bits;
    }

private:
    static std::vector<at::Tensor> probabilities(const std::vector<Gates>& gates)
    {
        std::vector<at::Tensor> open;
        for (const auto& each : gates)
            open.push_back(each.exist() ? each.openProbability() : at::Tensor());
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
    std::vector<ActivationQuantizer> m_fixed;    ///< per tensor, at 8 bits; for those without gates
    std::vector<Gates> m_weights, m_activations; ///< per layer and per group
    std::vector<at::Tensor> m_weight_gates, m_group_gates;
    std::vector<GatedSteps> m_weight_steps, m_activation_steps;
};

BitAssignment search(const std::shared_ptr<const Network>& network, const Calibration& calibration,
                     const ImageSubset& train, const GateSearchOptions& options,
                     const SearchSpace& space, const CostModel* model, const std::stop_token& stop,
                     const std::function<void(int step)>& progress)
{
    TorchNetwork weights(network, *network->parameters());
    weights.setRequiresGrad(true);
    GatedNetwork gated(network, calibration, space);
    const auto charges = options.charge == GateCharge::Bops
                             ? bopsCharges(*network, gated.groups())
                             : latencyCharges(*model, gated.groups());
    torch::optim::SGD weight_optimizer(
        weights.trainable(), torch::optim::SGDOptions(options.weight_learning_rate).momentum(0.9));
    torch::optim::Adam gate_optimizer(gated.logits(),
                                      torch::optim::AdamOptions(options.gate_learning_rate));
    ShuffledBatches batches(train, options.batch_size, options.seed);
    const GateNoise noise(options.seed);
    TrainingLoop loop{"The search", network->name(), options.steps};
    const auto hooks = gated.hooks(stopCheck(loop, stop));
    loop.optimizers = {
        {weight_optimizer,
         [&](int step) { return options.weight_learning_rate * cosineDecay(step, options.steps); }},
        {gate_optimizer}};
    loop.loss = [&](int step) {
        const auto batch = batches.next();
        gated.draw(noise, step, batch.samples);
        return at::cross_entropy_loss(weights.forward(batch.inputs, true, hooks), batch.labels) +
               options.strength * gated.charge(options.charge, charges);
    };
    loop.stepped = [&](int step, const at::Tensor&) {
        if (progress)
            progress(step + 1);
    };
    runTraining(loop, stop);
    return gated.chosen();
}

} // namespace

BitAssignment searchGates(const std::shared_ptr<const Network>& network,
                          const Calibration& calibration, const ImageSubset& train,
                          const GateSearchOptions& options, const SearchSpace& space,
                          const CostModel* model, const std::stop_token& stop,
                          const std::function<void(int step)>& progress)
{
    checkDataFits(*network, train, "training");
    return withTorchErrors("Stage 1 failed", network->name(), [&] {
        return search(network, calibration, train, options, space, model, stop, progress);
    });
}

} // namespace bitdial
