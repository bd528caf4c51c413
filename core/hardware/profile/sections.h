// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/checks.h"
#include "core/hardware/profile/measured_entry.h"
#include "core/hardware/profile/power_model.h"

namespace bitdial {

/// Reads the object 'power' of a profile. Throws Error(BadInput).
PowerModel readPower(const JsonNode& power, ProfileChecks& checks);

/// Reads the list 'measured' of a profile. Throws Error(BadInput).
MeasuredEntries readMeasured(const JsonNode& measured, const ProfileChecks& checks);

} // namespace bitdial
