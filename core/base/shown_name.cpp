// SPDX-License-Identifier: Apache-2.0
#include "core/base/shown_name.h"

#include <cstddef>

namespace bitdial {
namespace {

constexpr int longest_shown = 200;

/// Bytes of the UTF-8 character that begins at `text`, or 0 where none does.
std::size_t characterLength(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size())
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80)
            return 0;
    if (length > 2) { // overlong forms and surrogates
        const auto second = static_cast<unsigned char>(text[1]);
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90))
            return 0;
    }
    return length;
}

bool isControl(std::string_view character)
{
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1)
        return first < 0x20 || first == 0x7F;
    if (character.size() == 2)
        return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    // Marks that change the direction of the text around them, and line separators.
    return character.size() == 3 && first == 0xE2 &&
           ((character[1] == '\x80' && ((character[2] >= '\xA8' && character[2] <= '\xAE') ||
                                        character[2] == '\x8E' || character[2] == '\x8F')) ||
            (character[1] == '\x81' && character[2] >= '\xA6' && character[2] <= '\xA9'));
}

} // namespace

std::string shownName(std::string_view name)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string shown;
    for (int count = 0; !name.empty(); ++count) {
        if (count == longest_shown)
            return shown + "...";
        const std::size_t length = characterLength(name);
        const auto character = name.substr(0, length == 0 ? 1 : length);
        name.remove_prefix(character.size());
        if (length != 0 && !isControl(character)) {
            shown += character;
            continue;
        }
        for (const char c : character) {
            const auto byte = static_cast<unsigned char>(c);
            shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return shown;
}

} // namespace bitdial
