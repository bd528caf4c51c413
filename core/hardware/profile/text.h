// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace bitdial {

/// A profile's file with all its measured entries is smaller.
constexpr std::size_t most_profile_bytes = 8 << 20;

/// A profile as it is written: objects and lists of the first level over several lines, their
/// entries in one line each.
std::string profileText(const nlohmann::ordered_json& json);

} // namespace bitdial
