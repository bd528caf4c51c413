// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/kernel_model.h"

#include <array>
#include <map>
#include <optional>
#include <string>

namespace bitdial {

/// Limits of measured figures, in tables and in profiles: a dimension, and how often one thing was
/// measured. Above, sizes and counts would overflow.
constexpr int most_of_a_dimension = 1 << 24;
constexpr int most_measurements = 1'000'000'000;

/// What a measured figure covers: one kernel call on data in L1, or a whole layer with its
/// transfers.
enum class MeasuredScope { Kernel, Layer };

/// What a measured figure belongs to. Of a kernel call the channels are those that the kernel is
/// called with (padded ones included), of a layer those of the network.
struct MeasuredKey {
    MeasuredScope scope = MeasuredScope::Kernel;
    std::string layer; ///< scope Layer: only the layer of that name; empty: any
    KernelKey kernel;
    /// Input channels, height, width, output channels, height, width, kernel height, width, stride,
    /// padding top, bottom, left, right.
    std::array<int, 13> geometry{};
    auto operator<=>(const MeasuredKey&) const = default;
};

/// Key of one kernel call (or, with another scope set by the caller, of a layer).
MeasuredKey measuredKey(const KernelWork& work, int stride);

/// Repeated measurements of one thing.
struct MeasuredEntry {
    double cycles = 0; ///< mean
    int count = 1;
    std::optional<double> variance; ///< of one measurement, cycles squared; none: not known
    std::string source;
};

using MeasuredEntries = std::map<MeasuredKey, MeasuredEntry>;

} // namespace bitdial
