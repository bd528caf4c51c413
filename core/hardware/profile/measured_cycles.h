// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/measured_entry.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

using Geometry = decltype(MeasuredKey::geometry);

/// One row of a table of measured cycles.
struct MeasuredCycles {
    MeasuredScope scope = MeasuredScope::Kernel;
    std::string layer; ///< scope Layer: its name; empty: any of that geometry
    KernelWork work;
    int second_in_bits = 0; ///< add: width of the second input
    int stride = 1;
    int cores = 1;
    double cycles = 0; ///< mean of `count` measurements
    int count = 1;
    std::optional<double> variance; ///< of one measurement; none: not known

    /// The shape, whatever the widths, as MeasuredKey has it.
    Geometry geometry() const { return measuredKey(work, stride).geometry; }
};

/// Reads a CSV with the columns kind, cores, in_h, in_w, in_c, out_h, out_w, out_c, k_h, k_w,
/// stride, pad (one number or top/bottom/left/right), bits_in, bits_out, bits_w (add: the second
/// input), cycles, in any order. The columns layer, scope (kernel or layer; without it, a row that
/// names a layer measures that layer), count and variance may be there or have empty cells; more
/// columns are allowed. Lengths and maps (height x width) are at most 2^24 as in profiles, counts
/// 10^9, cycles 10^15. Throws Error(BadInput) with `where`:line.
std::vector<MeasuredCycles> parseMeasuredCycles(std::string_view csv, const std::string& where);

} // namespace bitdial
