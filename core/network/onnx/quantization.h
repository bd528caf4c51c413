// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/network/onnx/tensors.h"

#include <string>
#include <vector>

namespace bitdial {

/// What a QuantizeLinear, DequantizeLinear or Quant node does to a number.
struct OnnxQuantization {
    ImportedQuantizer quantizer;
    std::string rounding = "ROUND"; ///< of QONNX, in capitals
    std::vector<int> shared_axes;   ///< axes of an activation that the scales run along
    int record = -1;                ///< index among the network's quantizers, once it is there
    int report = -1;                ///< of a constant: index of the report that says it is kept
    int before = -1;                ///< of a constant: index of the quantizer that made its codes
    bool is_kept = false;           ///< of a constant: among the network's quantizers

    std::int64_t lowest() const;
    std::int64_t highest() const;
    /// Whether the least number that it can give is 0.
    bool startsAtZero() const;
    /// The integer for a real number, rounded and saturated.
    std::int64_t code(double real, std::size_t channel) const;
    double real(std::int64_t code, std::size_t channel) const;
    /// For each element its channel: how many elements share one, and how many channels there are.
    /// Throws OnnxInvalid when the sizes have no such axis.
    void checkSizes(const std::vector<std::int64_t>& sizes) const;
    std::size_t channel(const std::vector<std::int64_t>& sizes, std::size_t element) const;
};

/// Throws OnnxInvalid unless the scale is a positive, normal number.
void checkOnnxScale(float scale);

} // namespace bitdial
