// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/learning/calibration.h"
#include "core/quantization/quantization_state.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace bitdial {

/// Quantization-aware fine-tuning of one assignment: SGD with momentum and half a cosine for
/// weights and batch normalisation, Adam for the logarithms of the steps.
struct FineTuneOptions {
    int steps = 400;
    int batch_size = 64;
    double learning_rate = 0.01;      ///< of the weights, at the start
    double step_learning_rate = 0.01; ///< of ln(step), at the start
    double momentum = 0.9;
    double weight_decay = 1e-4;
    std::uint64_t seed = 1;
};

/// Trains weights, batch normalisation and quantizer steps from the network's own numbers and the
/// calibration's steps on `train`, without augmentation. Gradients of the steps as in LSQ (Esser
/// 2020, arXiv 1902.08153, equation 3), taken on their logarithm as in TQT (Jain 2020, arXiv
/// 1903.08066), so that a step stays positive. A clipped activation's largest integer never lies
/// above its clip. Deterministic for a seed and thread count. `progress` gets the finished steps,
/// on the calling thread. Throws Error(Cancelled), checked between layers of a forward pass.
QuantizationState fineTune(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                           const Calibration& calibration, const ImageSubset& train,
                           const FineTuneOptions& options, const std::stop_token& stop,
                           const std::function<void(int step)>& progress = {});

} // namespace bitdial
