// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/checks.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"

#include <algorithm>
#include <cmath>

namespace bitdial {

void ProfileChecks::failAt(int line, int column, const std::string& what, const std::string& why,
                           const std::string& next) const
{
    throw Error(ErrorCode::BadInput, what, place(line, column), why, next);
}

void ProfileChecks::fail(const JsonNode& node, const std::string& what, const std::string& why,
                         const std::string& next) const
{
    failAt(node.line, node.column, what, why, next);
}

std::string ProfileChecks::place(int line, int column) const
{
    return m_where + ":" + std::to_string(line) + ":" + std::to_string(column);
}

void ProfileChecks::require(const JsonNode& node, JsonNode::Kind kind,
                            const std::string& name) const
{
    if (node.kind == kind)
        return;
    constexpr const char* names[] = {"null",   "a boolean", "a number",
                                     "a text", "a list",    "an object"};
    fail(node, "'" + name + "' must be " + names[int(kind)],
         std::string("it is ") + names[int(node.kind)], "Correct the value");
}

void ProfileChecks::checkKeys(const JsonNode& node, const std::string& name,
                              const std::vector<std::string>& keys,
                              const std::set<std::string>& optional) const
{
    require(node, JsonNode::Kind::Object, name);
    for (const JsonNode::Member& member : node.members)
        if (std::find(keys.begin(), keys.end(), member.key) == keys.end()) {
            const std::string shown = shownName(member.key);
            failAt(member.line, member.column, "Unknown key '" + shown + "'",
                   name + " has no such key", didYouMean(shown, keys));
        }
    for (const std::string& key : keys)
        if (node.find(key) == nullptr && !optional.contains(key))
            fail(node, "The key '" + key + "' is missing", name + " needs it", "Add '" + key + "'");
}

std::string ProfileChecks::text(const JsonNode& parent, const std::string& key) const
{
    const JsonNode& node = *parent.find(key);
    require(node, JsonNode::Kind::String, key);
    if (node.string.empty())
        fail(node, "'" + key + "' is empty", "it is shown to the user", "Write a text");
    return node.string;
}

std::string ProfileChecks::word(const JsonNode& parent, const std::string& key,
                                const std::vector<std::string>& words) const
{
    std::string word = text(parent, key);
    if (std::find(words.begin(), words.end(), word) != words.end())
        return word;
    const std::string shown = shownName(word);
    fail(*parent.find(key), "Unknown " + key + " '" + shown + "'",
         "there are only certain words for it", didYouMean(shown, words));
}

std::string ProfileChecks::provenance(const JsonNode& node) const
{
    // Profiles inside older project files say "estimate".
    if (const JsonNode* old = node.find("provenance"); old != nullptr && old->string == "estimate")
        return "unverified";
    std::string result =
        word(node, "provenance", {"measured", "published", "derived", "unverified"});
    const std::string source = text(node, "source");
    if (result == "published" && source.find_first_of("0123456789") == std::string::npos)
        fail(*node.find("source"), "This source cites nothing",
             "a published figure needs a citation with a year, a version or a number",
             "Say where it was published, or call it unverified");
    return result;
}

double ProfileChecks::number(const JsonNode& parent, const std::string& key, Sign sign) const
{
    const JsonNode& node = *parent.find(key);
    require(node, JsonNode::Kind::Number, key);
    if (sign == Sign::Positive ? node.number <= 0 : node.number < 0)
        fail(node,
             "'" + key + "' must be " +
                 (sign == Sign::Positive ? "greater than 0" : "0 or greater"),
             "the value has the wrong sign", "Correct the value");
    return node.number;
}

std::int64_t ProfileChecks::wholeNumber(const JsonNode& parent, const std::string& key, Sign sign,
                                        double limit) const
{
    const double value = number(parent, key, sign);
    if (value != std::floor(value) || value > limit)
        fail(*parent.find(key), "'" + key + "' must be a whole number within range",
             "fractions and enormous sizes do not exist", "Correct the value");
    return std::int64_t(value);
}

double ProfileChecks::figure(const JsonNode& parent, const std::string& key,
                             const std::string& path, Sign sign)
{
    const double value = number(parent, key, sign);
    m_figures.emplace_back(path.empty() ? key : path + "." + key, parent.find(key));
    return value;
}

std::int64_t ProfileChecks::wholeFigure(const JsonNode& parent, const std::string& key,
                                        const std::string& path, Sign sign, double limit)
{
    const std::int64_t value = wholeNumber(parent, key, sign, limit);
    m_figures.emplace_back(path.empty() ? key : path + "." + key, parent.find(key));
    return value;
}

} // namespace bitdial
