// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/deployment/pulp_nn/export_plan.h"

#include <cstdint>
#include <vector>

namespace bitdial {

/// What one image's tensors must be, packed as stored.
struct GoldenImage {
    std::vector<std::uint8_t> input;
    std::vector<std::vector<std::uint8_t>> outputs; ///< per layer
};

/// The first samples as network inputs, at most `count`; their labels do not matter. Throws
/// Error(BadInput) where there is none, or they have another shape than the network's input.
std::vector<std::vector<float>> goldenInputs(const Network& network, const ImageSubset& samples,
                                             int count);

/// Runs the integer executor on every input. Throws Error(BadInput) for an input of wrong size.
std::vector<GoldenImage> goldenImages(const ExportPlan& plan,
                                      const std::vector<std::vector<float>>& inputs);

} // namespace bitdial
