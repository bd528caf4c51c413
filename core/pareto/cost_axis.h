// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"

#include <optional>
#include <span>
#include <string>

namespace bitdial {

/// What an assignment can cost less of.
enum class CostAxis {
    Latency,
    Energy,
    WeightBytes,         ///< packed weights with their requantization parameters
    ActivationBytes,     ///< of all activations, the network's input among them
    PeakActivationBytes, ///< of those that are alive at once, in execution order
    PeakL1Bytes,
    PeakL2Bytes,
    FlashBytes, ///< the program image
    Bops        ///< sum over layers of MACs x input bits x weight bits
};

/// All of them, in the order in which they are listed.
std::span<const CostAxis> costAxes();
/// "latency_ms", "weight_bytes": as files and options call it, with its unit.
const char* costAxisName(CostAxis axis);
/// Throws Error(Usage) with the nearest names.
CostAxis costAxisFromName(const std::string& name);

/// Bytes of all activations, each tensor packed by itself.
std::int64_t activationBytes(const Network& network, const BitAssignment& bits);
/// The most bytes of activations that are alive at once: those that a layer reads or writes, and
/// those that a later one reads.
std::int64_t peakActivationBytes(const Network& network, const BitAssignment& bits);

/// Along an axis; `totals` are those of `bits`. None where the profile gives no figure (energy).
std::optional<double> costAlong(CostAxis axis, const Network& network, const BitAssignment& bits,
                                const NetworkTotals& totals);
/// Whether it is the same on every target.
bool isTheSameOnAllTargets(CostAxis axis);

} // namespace bitdial
