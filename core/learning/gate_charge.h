// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/quantization/bit_assignment.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <vector>

namespace bitdial {

/// Weights of stage 1's regulariser for one layer with weights.
struct LayerCharge {
    int layer = 0;
    int group = -1;  ///< of its input; -1: a fixed width
    double macs = 0; ///< as a fraction of the largest layer's
    /// Latency at (input width, weight width), indices 0..2 for 2, 4, 8: divided by the largest in
    /// the network's table, less the layer's least. Only the last row counts for a fixed input.
    std::array<std::array<double, 3>, 3> latency{};
};

/// MACs of all layers with weights.
std::vector<LayerCharge> bopsCharges(const Network& network, const ActivationGroups& groups);
/// The same with a target's latencies at 8-bit outputs; widths without kernel cost as much as the
/// slowest of the table.
std::vector<LayerCharge> latencyCharges(const CostModel& model, const ActivationGroups& groups);

/// Sum over layers of macs * (sum over widths b in {4, 8} of b * P(gates up to b open)), for the
/// weights and for the input. `weights` and `groups` hold P(gate open), two values per entry.
at::Tensor bopsCharge(const std::vector<LayerCharge>& charges,
                      const std::vector<at::Tensor>& weights,
                      const std::vector<at::Tensor>& groups);
/// Sum over layers of the latency expected with the probabilities of exactly 2, 4 and 8 bits.
at::Tensor latencyCharge(const std::vector<LayerCharge>& charges,
                         const std::vector<at::Tensor>& weights,
                         const std::vector<at::Tensor>& groups);

} // namespace bitdial
