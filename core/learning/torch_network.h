// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

namespace bitdial {

/// Where a forward pass can be changed. Empty functions leave values as they are.
struct ForwardHooks {
    /// Weight of a layer before it is used.
    std::function<at::Tensor(int layer, const at::Tensor& weight)> weight;
    /// Bias of a layer that has one, before it is used.
    std::function<at::Tensor(int layer, const at::Tensor& bias)> bias;
    /// Value of an activation tensor (also the network's input) before its consumers see it.
    std::function<at::Tensor(int tensor, const at::Tensor& value)> activation;
    /// Operand of an add before the sum.
    std::function<at::Tensor(int layer, int operand, const at::Tensor& value)> add_operand;
};

/// A Network as LibTorch tensors, for float and fake-quantized evaluation and for training. Batch
/// normalisation stays unfolded. Not thread-safe.
class TorchNetwork {
public:
    /// The parameters need not be the network's own. Throws Error(BadInput) for a network with
    /// unsupported layers.
    TorchNetwork(std::shared_ptr<const Network> network, const NetworkParameters& parameters);

    const Network& network() const { return *m_network; }
    /// Logits, batch x classes, of a batch x C x H x W input. In training, batch normalisation uses
    /// the batch's statistics and updates the running ones (momentum 0.1).
    at::Tensor forward(const at::Tensor& input, bool training, const ForwardHooks& hooks = {});
    /// One layer alone, in inference: its output for these values of its inputs, by tensor.
    at::Tensor layer(int index, const std::vector<at::Tensor>& values,
                     const ForwardHooks& hooks = {});
    /// The same before its activation function.
    at::Tensor beforeActivation(int index, const std::vector<at::Tensor>& values);
    /// Weights of a layer with its batch normalisation in them.
    at::Tensor foldedWeight(int index) const;
    /// New numbers for a layer, without batch normalisation.
    void setLayer(int index, const at::Tensor& weight, const at::Tensor& bias);
    /// Everything a gradient step may change.
    std::vector<at::Tensor> trainable() const;
    void setRequiresGrad(bool required);
    /// The numbers as they are now.
    std::shared_ptr<const NetworkParameters> snapshot() const;

private:
    struct LayerTensors {
        at::Tensor weight, bias, norm_scale, norm_shift, norm_mean, norm_variance;
        double epsilon = 0;
    };
    /// Up to its activation function.
    at::Tensor runLinear(int layer, const std::vector<at::Tensor>& values, bool training,
                         const ForwardHooks& hooks);

    std::shared_ptr<const Network> m_network;
    std::vector<LayerTensors> m_layers;
};

} // namespace bitdial
