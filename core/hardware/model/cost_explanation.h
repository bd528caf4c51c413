// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/hardware/model/tiler.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// One of a layer's three widths.
enum class LayerOperand { Input, Weights, Output };
const char* layerOperandName(LayerOperand operand); ///< "input", "weights", "output"

/// What one step of one width (2, 4, 8) would do to a layer's latency, all else equal; its
/// neighbours' cost, which an activation's width changes too, is not in it.
struct WidthStep {
    LayerOperand operand = LayerOperand::Weights;
    int from_bits = 8;
    int to_bits = 4;
    std::optional<double> latency_cycles; ///< with the other width; none: it cannot run
    double change_cycles = 0;             ///< positive: slower
    double change_percent = 0;
    /// Of the two latencies one was measured and one is modelled: the difference is also theirs.
    bool mixes_measured = false;
    std::string refusal; ///< why it cannot run: "no kernel", "does not fit"; or empty
};

/// Where a layer stands under the roofs of its target. Memory here is L2: what is moved between L2
/// and L1, repeated loads included.
struct Roofline {
    double macs_per_byte = 0;   ///< operational intensity; 0 for layers without MACs
    double macs_per_cycle = 0;  ///< attained: MACs / latency
    double compute_roof = 0;    ///< MAC/cycle of the kernel on the most favourable shape
    double bandwidth_roof = 0;  ///< MAC/cycle that the DMA allows at this intensity
    double bytes_per_cycle = 0; ///< of the DMA
    double attainable() const { return std::min(compute_roof, bandwidth_roof); }
};

/// Why a layer costs what it costs.
struct LayerExplanation {
    LayerCost cost;
    LayerBits bits;
    ExternalData external;
    std::optional<Tiling> tiling; ///< none: it cannot run (cost.infeasible_reason)
    /// Of the transfers, what the (modelled) latency shows and what hides behind the kernels; with
    /// L3's.
    double exposed_transfer_cycles = 0;
    double hidden_transfer_cycles = 0;
    Roofline roofline;
    std::vector<WidthStep> steps;
    /// The same in words, a line each: tile, breakdown, bound, roofline, steps.
    std::vector<std::string> lines;
};

/// A layer whose widths can grow without cost.
struct FreeWidth {
    int layer = 0;
    LayerOperand operand = LayerOperand::Weights;
    int from_bits = 0;
    int to_bits = 0;
    double saved_cycles = 0; ///< of the whole network, at least 0
    /// Some layer's cycles are measured at one of the two widths and modelled at the other.
    bool mixes_measured = false;
};

/// Single raises that leave the network no slower and runnable: of a layer's weights, or of the
/// activation group that it reads (with all tensors tied to it; listed at the first layer that
/// reads it). Each is judged alone against `assignment`; core/search/raise_bits.h combines them.
std::vector<FreeWidth> freeWidths(const CostModel& model, const BitAssignment& assignment);

} // namespace bitdial
