// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/network/weights/weight_file.h"

#include <string>
#include <vector>

namespace bitdial {

/// What the usual checkpoints of an architecture call the numbers of one layer, in PyTorch's way:
/// `<weights>.weight`, `<weights>.bias`, `<norm>.weight`, `<norm>.bias`, `<norm>.running_mean` and
/// `<norm>.running_var`. A layer without weights has neither name.
struct LayerNames {
    std::string weights;
    std::string norm; ///< empty: no batch norm, and then the bias must be there
    float epsilon = 1e-5F;
    /// Weights that belong to the architecture and are in no checkpoint; else empty.
    std::vector<float> fixed;
};

/// What became of a weights file.
struct WeightMatch {
    std::shared_ptr<const NetworkParameters> parameters;
    std::vector<std::string> unused; ///< tensors of the file that no layer has
};

/// Finds the numbers of every layer in `file` by name and shape: by `names` (one per layer), or by
/// Bitdial's own names, `<layer>.weight`, `<layer>.bias` and `<layer>.bn.scale`, `.shift`, `.mean`
/// and `.variance` (batch norm or bias, as the file has it), whichever fits more. Axes of size one
/// at the end of a shape do not count. Throws Error(BadInput) that lists missing tensors, wrong
/// shapes and unused tensors (ten of each) unless every layer has its numbers; nothing is ever
/// matched by order.
WeightMatch matchWeights(const NetworkDescription& network, const std::vector<LayerNames>& names,
                         const WeightFile& file, const std::string& where);

} // namespace bitdial
