// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/c_text.h"

#include <array>

namespace bitdial {

constexpr std::size_t words_per_line = 9;

std::string wordList(std::span<const std::uint8_t> bytes)
{
    constexpr std::array<char, 17> digits = {"0123456789abcdef"};
    std::string text;
    text.reserve(bytes.size() * 3 + 16);
    for (std::size_t word = 0; word * 4 < bytes.size(); ++word) {
        text += word % words_per_line == 0 ? "\n    0x" : " 0x";
        for (std::size_t b = 4; b-- > 0;) {
            const std::size_t at = word * 4 + b;
            const unsigned byte = at < bytes.size() ? bytes[at] : 0;
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
        text += ',';
    }
    return text;
}

} // namespace bitdial
