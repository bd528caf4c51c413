// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/hardware_profile.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bitdial {

class Project;

using Profiles = std::vector<std::shared_ptr<const HardwareProfile>>;

/// The profiles that a project holds. Throws Error(BadInput) where a text is none.
Profiles profilesOf(const Project& project);

/// Profiles by name or path, `both` for the two PULP-open targets; none twice. A name that is one
/// of `own` means that one, so that a project keeps its meaning wherever it is opened; `opened`
/// hears of every other. Throws as openProfile does.
Profiles gatherProfiles(const std::vector<std::string>& names, const Profiles& own = {},
                        const std::function<void(const HardwareProfile&)>& opened = {});

} // namespace bitdial
