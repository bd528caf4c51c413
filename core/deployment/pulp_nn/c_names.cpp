// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/c_names.h"

#include <cstddef>

namespace bitdial {
namespace {

constexpr std::size_t most_name_characters = 40;
constexpr std::size_t most_comment_characters = 200;

bool isWordCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string layerIdentifier(int index, const std::string& name)
{
    std::string identifier = "layer_" + std::to_string(index) + "_";
    for (const char c : name.substr(0, most_name_characters))
        identifier += isWordCharacter(c) ? c : '_';
    return identifier;
}

std::string cSafe(const std::string& text)
{
    std::string safe;
    for (const char c : text.substr(0, most_comment_characters)) {
        const bool unsafe =
            c < ' ' || c > '~' || c == '"' || c == '\\' || c == '*' || c == '?' || c == '%';
        safe += unsafe ? '_' : c;
    }
    return text.size() > most_comment_characters ? safe + "..." : safe;
}

} // namespace bitdial
