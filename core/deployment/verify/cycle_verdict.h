// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"

namespace bitdial {

/// A promise is kept when the total is no further from it than this part of it.
inline constexpr double kept_promise = 0.05;

/// Says in the result whether its cycles are those promised. That can be said only where they were
/// counted with what the promise's profile was measured with, which `measured_with` tells.
void judgeCycles(VerifyResult& result, const std::optional<TargetTools>& measured_with);

/// "gvsoc, clang, with hardware loops"
std::string toolsText(const TargetTools& tools);

/// How far the measured cycles are from the promised: "+13.7 %".
std::string deviationText(const CountedCycles& cycles);

} // namespace bitdial
