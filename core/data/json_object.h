// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/json_text.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// An object of a data.json that is read key by key; every function throws Error(BadInput) with the
/// file, the place, the key, the reason and the remedy.
class JsonObject {
public:
    /// Parses a whole file. Refuses what is not UTF-8, what parseJsonText refuses, and anything but
    /// an object.
    JsonObject(std::string_view text, const std::string& where);

    /// Throws unless all keys are among `known`. Called by readers before they look at any key.
    void checkKeys(const std::vector<std::string>& known) const;
    /// Present and not null.
    bool has(const std::string& key) const;
    JsonObject object(const std::string& key) const;
    std::string text(const std::string& key) const;
    /// One of `words`, as its position among them.
    std::size_t word(const std::string& key, const std::vector<std::string>& words) const;
    int integer(const std::string& key, int lowest, int highest) const;
    std::vector<int> integers(const std::string& key, std::size_t count, int lowest,
                              int highest) const;
    float number(const std::string& key) const;
    bool isList(const std::string& key) const;
    /// At most 65,536 finite numbers.
    std::vector<float> numbers(const std::string& key) const;

    /// `key` is one of this object, or empty for the object as a whole.
    [[noreturn]] void fail(const std::string& key, const std::string& why,
                           const std::string& next) const;

private:
    JsonObject(std::shared_ptr<const JsonNode> node, std::string where, std::string prefix);
    const JsonNode& at(const std::string& key) const;
    int integerOf(const std::string& key, const JsonNode& value, int lowest, int highest) const;
    float numberOf(const std::string& key, const JsonNode& value) const;

    std::shared_ptr<const JsonNode> m_node;
    std::string m_where;
    std::string m_prefix; ///< "preprocess." in front of keys
};

} // namespace bitdial
