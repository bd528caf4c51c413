// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/hardware_profile.h"

#include <memory>
#include <string>
#include <vector>

namespace bitdial {

/// A number of a profile that can be set by hand.
struct ProfileFigure {
    std::string path;  ///< as overrideProfile takes it
    std::string value; ///< as the profile has it
};

/// All of them: first clock, cores, memory and what else comes before the kernels, in the file's
/// order, then each kernel's.
std::vector<ProfileFigure> settableFigures(const HardwareProfile& profile);

/// A profile with some figures set by hand, for "what if". Each setting is PATH=NUMBER; the path is
/// dotted ("cores", "memory.l1.bytes", "dma.bandwidth_bytes_per_cycle") and must name a number that
/// the profile has; a kernel's is "kernels.conv 8/4/8.cycles.pair" (in/weight/out bits). The figure
/// becomes unverified, name and title say what was set, and the result is checked like a file.
/// Measured cycles belong to the hardware as it is: they are left out unless only the clock and the
/// power were set. Throws Error(Usage) for a setting that is none, Error(BadInput) for an unknown
/// path (with the nearest) or a value that no profile may have.
std::shared_ptr<const HardwareProfile> overrideProfile(const HardwareProfile& profile,
                                                       const std::vector<std::string>& settings);

} // namespace bitdial
