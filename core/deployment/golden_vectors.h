// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/export_plan.h"

#include <cstdint>
#include <vector>

namespace bitdial {

/// What one image's tensors must be, packed as stored.
struct GoldenImage {
    std::vector<std::uint8_t> input;
    std::vector<std::vector<std::uint8_t>> outputs; ///< per layer
};

/// Runs the integer executor on every input. Throws Error(BadInput) for an input of wrong size.
std::vector<GoldenImage> goldenImages(const ExportPlan& plan,
                                      const std::vector<std::vector<float>>& inputs);

} // namespace bitdial
