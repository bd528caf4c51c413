// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/torch_network.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/quantization_state.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

namespace bitdial {

/// The quantizer steps of one assignment as things to train: step = start * exp(theta), theta
/// starting at 0. Tensors that a max-pooling ties share theirs.
class LearnableSteps {
public:
    LearnableSteps(std::shared_ptr<const Network> network, const BitAssignment& bits,
                   const QuantizationState& start);

    /// One theta per quantizer (per output channel for weights).
    std::vector<at::Tensor> trainable() const;
    /// Hooks of a forward pass with the steps as they are now; `check` runs at every tensor. They
    /// refer to this object.
    ForwardHooks hooks(const std::function<void()>& check);
    /// Takes the steps of clipped activations back to their bound; call after an optimiser step.
    void clampToClips();
    /// The start with the steps as they are now and these numbers.
    QuantizationState state(std::shared_ptr<const NetworkParameters> parameters) const;

private:
    struct Steps {
        at::Tensor start;
        at::Tensor theta;
        double largest_theta = 0; ///< infinity: no bound
        at::Tensor value() const;
    };
    at::Tensor quantizeActivation(int tensor, const at::Tensor& value);
    at::Tensor quantizeAddOperand(int layer, int operand, const at::Tensor& value) const;
    ActivationQuantizer quantizer(int tensor) const;

    std::shared_ptr<const Network> m_network;
    BitAssignment m_bits;
    QuantizationState m_start;
    std::vector<Steps> m_weights;     ///< per layer; undefined tensors without weights
    std::vector<Steps> m_activations; ///< per slot
    std::vector<int> m_slot;          ///< per tensor; -1: not quantized
};

} // namespace bitdial
