// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitdial {

/// A JSON value that remembers where it stood, so that messages can name the place.
struct JsonNode {
    enum class Kind { Null, Boolean, Number, String, Array, Object };
    struct Member;

    Kind kind = Kind::Null;
    int line = 1;   ///< from 1
    int column = 1; ///< from 1, in bytes
    bool boolean = false;
    double number = 0;
    std::string string;
    std::vector<JsonNode> items;
    std::vector<Member> members; ///< in the file's order, keys unique
    /// Null when absent.
    const JsonNode* find(std::string_view key) const;
};

struct JsonNode::Member {
    std::string key;
    int line = 1;
    int column = 1;
    JsonNode value;
};

/// Values that one text may have, objects and lists included.
constexpr int most_json_values = 400000;

/// Parses RFC 8259 JSON. Duplicate keys, NaN, infinities, numbers beyond double and nesting deeper
/// than 32 are refused, and so are more than 256 keys in one object and more than 400,000 values in
/// all: nothing here is that large. Throws Error(BadInput) with `where`:line:column.
JsonNode parseJsonText(std::string_view text, const std::string& where);

} // namespace bitdial
