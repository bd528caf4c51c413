// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/program_work.h"
#include "core/quantization/bit_assignment.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

class HardwareProfile;
class Network;
struct ExternalData;
struct LayerExplanation;
struct LayerProgram;
struct MemoryPlan;
struct Tiling;

/// The term that decides a layer's latency.
enum class CostBound { Compute, L1Transfer, L3Transfer, Overhead };
const char* costBoundName(CostBound bound); ///< "compute", "transfer", "l3", "overhead"

/// Cost of one layer at given widths on one target. Cycles of the cluster clock.
struct LayerCost {
    double latency_cycles = 0;  ///< what the layer adds to the network's latency
    double compute_cycles = 0;  ///< kernels, busiest core, all tiles
    double transfer_cycles = 0; ///< L2 <-> L1, total (overlapped or not)
    double l3_cycles = 0;       ///< L3 <-> L2, total (overlapped or not)
    double overhead_cycles = 0; ///< starting kernels and programming transfers
    ProgramWork work;           ///< what the overhead is made of
    double spread_cycles = 0;   ///< of the overhead: inputs brought into the kernel's order
    /// Of the kernels' cycles, those that go to channels, neurons and taps that only pad.
    double padding_cycles = 0;
    /// What its latency changes by because of the layers beside it: maps that stay in L1 and loads
    /// that run ahead (layer_link.h). Contained in the latency.
    double link_cycles = 0;
    CostBound bound = CostBound::Compute;
    std::int64_t weight_bytes = 0; ///< packed weights with requantization parameters
    std::int64_t l1_bytes = 0;     ///< peak in L1 with the chosen tiles
    std::int64_t l2_bytes = 0;     ///< activations and weights in L2 while it runs
    int tiles = 1;
    std::optional<double> energy_uj; ///< none where the profile gives no power figure
    /// Whether a measured entry of the profile replaces its latency, or the cycles of its kernel.
    bool measured = false;
    int measured_samples = 0; ///< of that entry; 0 if not measured
    /// Whether a figure of its own was not measured: its kernel, L3 where it uses it, or the term
    /// that bounds it. An estimate that every layer shares (overhead, DMA) and that does not decide
    /// this one is only named in estimate_reason, so that the mark tells layers apart; it marks the
    /// network's total.
    bool estimated = false;
    std::string estimate_reason;   ///< every figure in it that was not measured; empty: none
    std::string infeasible_reason; ///< non-empty: the layer cannot run there at these widths

    /// What of the latency is spent in waiting for transfers.
    double exposedTransferCycles() const
    {
        return std::max(0.0, latency_cycles - compute_cycles - overhead_cycles);
    }
};

/// Cost of a whole network on one target.
struct NetworkCost {
    std::vector<LayerCost> layers;
    double latency_cycles = 0;
    double latency_ms = 0;
    std::optional<double> energy_uj;
    std::int64_t weight_bytes = 0;
    /// Program image: weights with their parameters, and the L2 that the profile reserves for code.
    std::int64_t flash_bytes = 0;
    std::int64_t peak_l1_bytes = 0;
    std::int64_t peak_l2_bytes = 0;
    double bops = 0; ///< sum over layers of MACs x in bits x weight bits
    std::int64_t macs = 0;
    bool estimated = false;        ///< some figure in some layer was not measured
    std::string infeasible_reason; ///< first layer's, or that the network does not fit
};

/// What a point list needs of a NetworkCost, without its layers and texts.
struct NetworkTotals {
    double latency_cycles = 0;
    double latency_ms = 0;
    std::optional<double> energy_uj;
    std::int64_t weight_bytes = 0;
    /// Program image: weights with their parameters, and the L2 that the profile reserves for code.
    std::int64_t flash_bytes = 0;
    std::int64_t peak_l1_bytes = 0;
    std::int64_t peak_l2_bytes = 0;
    double bops = 0;
    std::int64_t macs = 0;
    bool estimated = false;
    bool infeasible = false; ///< cost() says why
};

/// Predicts cycles, energy and memory of a network on a target. Thread-safe.
class CostModel {
public:
    CostModel(std::shared_ptr<const Network> network,
              std::shared_ptr<const HardwareProfile> profile);
    ~CostModel();
    CostModel(CostModel&&) noexcept;
    CostModel& operator=(CostModel&&) noexcept;

    const HardwareProfile& profile() const;
    const Network& network() const;
    /// Whole network. Layer costs are memoised by (shape, widths, which of its inputs, weights and
    /// output are in L3). Widths other than 2, 4, 8 (and 32 of the output) are Error(Usage).
    NetworkCost cost(const BitAssignment& assignment) const;
    /// The totals of cost(assignment): equal figures, in 2 to 10 microseconds once known.
    NetworkTotals totals(const BitAssignment& assignment) const;
    /// Latency of one layer alone with all weights in L2 (for tables of sensitivities).
    LayerCost layerCost(int layer, LayerBits bits) const;
    /// Whether the target has a kernel for the layer at these widths.
    bool hasKernel(int layer, LayerBits bits) const;
    /// Tile, bound, roofline and neighbours of one layer in an assignment (cost_explanation.h).
    LayerExplanation explain(int layer, const BitAssignment& assignment) const;
    /// Where cost() takes the network's data to live (memory_plan.h).
    MemoryPlan memoryPlan(const BitAssignment& assignment) const;
    /// Which of a layer's data the plan keeps in L3 (tiler.h).
    ExternalData externalData(const MemoryPlan& plan, int layer) const;
    /// How each layer runs in an exported program, as cost() takes it; a layer that cannot run has
    /// no tiles.
    std::vector<LayerProgram> programs(const BitAssignment& assignment) const;
    /// The tiles that are best for a layer alone; none where nothing fits (tiler.h).
    std::optional<Tiling> tiling(int layer, LayerBits bits, ExternalData external) const;

private:
    friend class CostEdits;
    struct Private; ///< cost_model_private.h
    std::unique_ptr<Private> d;
};

} // namespace bitdial
