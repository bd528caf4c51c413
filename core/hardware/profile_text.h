// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace bitdial {

/// A profile as it is written: objects and lists of the first level over several lines, their
/// entries in one line each.
std::string profileText(const nlohmann::ordered_json& json);

} // namespace bitdial
