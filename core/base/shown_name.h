// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bitdial {

/// A name from somebody else's file, fit for a message: at most 200 characters, control characters
/// and what is no UTF-8 written as \xNN.
std::string shownName(std::string_view name);

} // namespace bitdial
