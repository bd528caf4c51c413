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

/// Settings of post-training quantization; the same ones give the same numbers.
struct PostTrainingOptions {
    int most_pictures = 256; ///< of the calibration samples, from the first on
    int positions = 49;      ///< of each map and picture that a layer is solved on, at random
    double damping = 0.03;   ///< of rounding (weight_rounding.h)
    std::uint64_t seed = 1;
};

/// Numbers for an assignment without labels and without training. Layer by layer, in execution
/// order, on what the quantized layers before it really give: the weights are refitted to the float
/// network's pre-activations (ridge least squares, its strength chosen on a fifth of the pictures),
/// rounded with the error carried on, and steps and biases set in closed form. Batch normalisation
/// is folded into the numbers. `calibration` gives the activations' steps. Throws as Calibration
/// does, Error(Cancelled) after a stop request.
QuantizationState quantizePostTraining(const std::shared_ptr<const Network>& network,
                                       const BitAssignment& bits, const Calibration& calibration,
                                       const ImageSubset& pictures,
                                       const PostTrainingOptions& options,
                                       const std::stop_token& stop,
                                       const std::function<void(int layer)>& progress = {});

} // namespace bitdial
