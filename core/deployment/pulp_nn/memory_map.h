// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/tile_plan.h"

#include <cstdint>
#include <vector>

namespace bitdial {

struct ExportPlan;
struct MemoryPlan;

/// Bytes that must exist from layer `first` to layer `last`.
struct LiveBlock {
    std::int64_t bytes = 0;
    int first = 0;
    int last = 0;
};

/// Where blocks lie in one arena; blocks that live at the same time do not overlap.
struct Placement {
    std::vector<std::int64_t> offsets; ///< multiples of 4
    std::int64_t bytes = 0;            ///< of the arena
};

/// Puts each block at an offset that is free during its life. Several orders are tried, the
/// smallest arena wins.
Placement placeByLife(const std::vector<LiveBlock>& blocks);

/// Where one layer's data from or to L3 stop in L2; offsets in the streaming part.
struct StagePlan {
    std::vector<TileBuffer> inputs; ///< per operand; 0 bytes: it is in L2
    TileBuffer parameters;
    TileBuffer output;
    std::int64_t bytes = 0;
};

/// The static memory map of an exported project. Bytes.
struct MemoryMap {
    bool weights_in_l3 = false;
    std::vector<char> tensor_in_l3;           ///< per tensor
    std::vector<char> tensor_in_l1;           ///< per tensor: it never leaves L1
    std::vector<std::int64_t> tensor_offsets; ///< per tensor, in the L2 arena or in L3
    std::vector<StagePlan> stages;            ///< per layer
    std::vector<std::int64_t> parameters;     ///< per layer, from the start of all of them
    std::int64_t l1_bytes = 0;                ///< arena of all layers
    std::int64_t l2_tensor_bytes = 0;         ///< arena of the activations
    std::int64_t l2_stage_bytes = 0;          ///< what data from L3 stream through
    std::int64_t l2_weight_bytes = 0;         ///< constant data
    std::int64_t l3_weight_bytes = 0;         ///< flash/weights.bin, at the start of L3
    std::int64_t l3_bytes = 0;                ///< with tensors

    std::int64_t l2Bytes() const { return l2_tensor_bytes + l2_stage_bytes + l2_weight_bytes; }
};

/// Maps what the plan's tensors and tiles need, with L3 used as the cost model takes it; `l1_bytes`
/// is the arena in L1. Throws Error(Infeasible) when L2 or L3 is too small.
MemoryMap mapMemory(const ExportPlan& plan, const MemoryPlan& promised, std::int64_t l1_bytes);

} // namespace bitdial
