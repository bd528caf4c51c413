// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/network/network.h"
#include "core/quantization/accuracy.h"
#include "core/quantization/quantization_state.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace bitdial {

class TorchNetwork;

/// Top-1 on the float rung with the network's own numbers. Throws Error(Infeasible) for a
/// geometry-only network, Error(BadInput) when data and network differ in shape, Error(Cancelled).
/// `predictions`, when given, receives the class of each sample.
Accuracy evaluateFloat(const std::shared_ptr<const Network>& network, const ImageSubset& data,
                       DataRole role, std::stop_token stop = {},
                       std::vector<int>* predictions = nullptr);
/// The same for a model that is being trained.
Accuracy evaluateFloat(TorchNetwork& model, const ImageSubset& data, DataRole role,
                       std::stop_token stop = {});

/// Top-1 on the fake rung: float arithmetic on quantized weights and activations.
Accuracy evaluateFake(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                      const QuantizationState& state, const ImageSubset& data, DataRole role,
                      std::stop_token stop = {}, std::vector<int>* predictions = nullptr);

} // namespace bitdial
