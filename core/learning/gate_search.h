// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/hardware/model/cost_model.h"
#include "core/learning/calibration.h"
#include "core/pareto/search_space.h"
#include "core/quantization/bit_assignment.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace bitdial {

/// What the gates are charged for.
enum class GateCharge {
    Bops,    ///< MACs x bits of weights and of input activations, separately
    Latency, ///< the target's latency of each layer at each pair of widths
};

/// One run of stage 1.
struct GateSearchOptions {
    double strength = 0.01; ///< weight of the charge against the cross-entropy
    GateCharge charge = GateCharge::Bops;
    int steps = 150;
    int batch_size = 64;
    double weight_learning_rate = 0.002; ///< SGD, momentum 0.9, half a cosine
    double gate_learning_rate = 0.04;    ///< Adam, constant
    std::uint64_t seed = 1;
};

/// Stage 1 of Free Bits (Rutishauser 2023, as in its public code): hard-concrete gates (Louizos
/// 2018) with temperature 1/2, stretched to [-0.1, 1.1], start at 2.0 and open the widths 4 and 8
/// over 2, per weight tensor and per group of tied activations; one draw per step for weights, one
/// per image for activations. All widths of a tensor share one clip range, that of the best 4-bit
/// step. Gates of widths that `space` does not have are kept open or closed. Returns the widths
/// whose gates are on at the end (closed with probability under 0.34).
/// `model` gives the table for GateCharge::Latency and may be null otherwise. Deterministic for a
/// seed and thread count. Throws Error(Cancelled), checked between layers of a forward pass.
BitAssignment searchGates(const std::shared_ptr<const Network>& network,
                          const Calibration& calibration, const ImageSubset& train,
                          const GateSearchOptions& options, const SearchSpace& space,
                          const CostModel* model, const std::stop_token& stop,
                          const std::function<void(int step)>& progress = {});

} // namespace bitdial
