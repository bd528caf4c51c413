// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/pareto/budget.h"
#include "core/pareto/search_space.h"
#include "core/quantization/bit_assignment.h"

#include <span>

namespace bitdial {

/// What raising found.
struct RaisedBits {
    BitAssignment assignment;
    double latency_before_cycles = 0; ///< of what raising began with
    double latency_after_cycles = 0;
    int steps = 0; ///< raises that were accepted
};

/// Stage 2 of Free Bits (Rutishauser 2023) on one target: raises widths as long as that does not
/// cost latency. A raise is a wider weight tensor, a wider activation group (so the producer's
/// output and the other operand of an add follow), both for one layer, or a group with the weights
/// of all layers that read it; it is judged by the latency of the whole network. First the raise
/// that saves most, again and again; when none saves any more, those that cost nothing, as long as
/// the network still fits the target; until neither is left. The result is never slower than what
/// it began with, and never narrower in any tensor. That is `start`, or, where the target has no
/// kernel for a layer's widths, `start` with that layer raised to the least widths it has one for.
/// An assignment that the target cannot run even then is returned unchanged. Only widths of `space`
/// are raised to, and no raise is made that exceeds a budget.
RaisedBits raiseFreeBits(const CostModel& model, const BitAssignment& start,
                         const SearchSpace& space, std::span<const Budget> budgets = {});
/// In everything that could be.
RaisedBits raiseFreeBits(const CostModel& model, const BitAssignment& start);

} // namespace bitdial
