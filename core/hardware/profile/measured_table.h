// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/measured_cycles.h"

#include <string>
#include <vector>

namespace bitdial {

/// A profile with a table of measured cycles in it.
struct MeasuredTable {
    std::string text;    ///< the profile, ready to be written
    int entries = 0;     ///< things measured in the table; repeated rows are one
    int unused_rows = 0; ///< other core counts, and kernels that the profile does not have
};

/// Adds measured cycles to a profile: rows of one thing become an entry with their mean, count and
/// variance; an entry of the profile that the table measures too is replaced. `source` says where
/// the table comes from. Throws Error(BadInput) when no row belongs to the profile, when one thing
/// was measured more than 10^9 times, or when the profile would become larger than a profile may
/// be.
MeasuredTable addMeasuredTable(const HardwareProfile& profile,
                               const std::vector<MeasuredCycles>& rows, const std::string& source);

} // namespace bitdial
