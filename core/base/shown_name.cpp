// SPDX-License-Identifier: Apache-2.0
#include "core/base/shown_name.h"

#include "core/base/utf8.h"

#include <cstddef>

namespace bitdial {
namespace {

constexpr int longest_shown = 200;

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
        const std::size_t length = utf8CharacterLength(name);
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
