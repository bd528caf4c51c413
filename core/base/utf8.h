// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace bitdial {

/// Bytes of the UTF-8 character that a text (not empty) begins with; 0 where it begins with none:
/// cut short, overlong, a surrogate or beyond U+10FFFF.
std::size_t utf8CharacterLength(std::string_view text);

/// First byte at which a text stops being UTF-8, or npos.
std::size_t firstBadUtf8(std::string_view text);

} // namespace bitdial
