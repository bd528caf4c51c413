// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace bitdial {

/// First line of every generated C file.
inline constexpr const char* c_licence = "/* SPDX-License-Identifier: Apache-2.0 */\n";

/// "1, 2, 3".
inline std::string joined(std::initializer_list<std::int64_t> numbers)
{
    std::string text;
    for (const std::int64_t number : numbers)
        text += (text.empty() ? "" : ", ") + std::to_string(number);
    return text;
}

/// A number as a C constant of type int: -2147483648 is an expression whose type is not.
inline std::string intValue(std::int64_t value)
{
    return value == INT32_MIN ? "-2147483647 - 1" : std::to_string(value);
}

/// Bytes as 32-bit words in hexadecimal, the first byte lowest; the last word is filled with zeros.
std::string wordList(std::span<const std::uint8_t> bytes);

} // namespace bitdial
