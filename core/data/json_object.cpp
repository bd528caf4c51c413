// SPDX-License-Identifier: Apache-2.0
#include "core/data/json_object.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

using Kind = JsonNode::Kind;

std::string listOf(const std::vector<std::string>& words)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0)
            text += i + 1 == words.size() ? " or " : ", ";
        text += "\"" + words[i] + "\"";
    }
    return text;
}

} // namespace

JsonObject::JsonObject(std::shared_ptr<const JsonNode> node, std::string where, std::string prefix)
    : m_node(std::move(node)), m_where(std::move(where)), m_prefix(std::move(prefix))
{
}

JsonObject::JsonObject(std::string_view text, const std::string& where) : m_where(where)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
                       text.substr(0, 4).find('\0') != std::string_view::npos;
    if (utf16)
        fail("", "the text is UTF-16 or no text at all", "Save the file as UTF-8");
    if (const auto bad = firstBadUtf8(text); bad != std::string_view::npos)
        fail("", "it is not UTF-8 (byte " + std::to_string(bad + 1) + ")",
             "Save the file as UTF-8");
    m_node = std::make_shared<const JsonNode>(parseJsonText(text, where));
    if (m_node->kind != Kind::Object)
        fail("", "it is not a JSON object", "Correct the file");
}

void JsonObject::fail(const std::string& key, const std::string& why, const std::string& next) const
{
    const auto place =
        key.empty() ? m_prefix.substr(0, m_prefix.rfind('.')) : m_prefix + shownName(key);
    std::string position;
    if (m_node != nullptr) {
        int line = m_node->line;
        int column = m_node->column;
        for (const auto& member : m_node->members)
            if (member.key == key) {
                line = member.line;
                column = member.column;
            }
        position = ":" + std::to_string(line) + ":" + std::to_string(column);
    }
    throw Error(ErrorCode::BadInput, "The data file is wrong",
                m_where + position + (place.empty() ? "" : ": \"" + place + "\""), why, next);
}

void JsonObject::checkKeys(const std::vector<std::string>& known) const
{
    for (const auto& member : m_node->members)
        if (std::ranges::find(known, member.key) == known.end())
            fail(member.key, "unknown key", didYouMean(member.key, known));
}

bool JsonObject::has(const std::string& key) const
{
    const auto* found = m_node->find(key);
    return found != nullptr && found->kind != Kind::Null;
}

const JsonNode& JsonObject::at(const std::string& key) const
{
    if (!has(key))
        fail(key, "the key is missing", "Add \"" + key + "\"");
    return *m_node->find(key);
}

JsonObject JsonObject::object(const std::string& key) const
{
    const auto& value = at(key);
    if (value.kind != Kind::Object)
        fail(key, "it must be an object", "Write {...}");
    return {std::shared_ptr<const JsonNode>(m_node, &value), m_where, m_prefix + key + "."};
}

std::string JsonObject::text(const std::string& key) const
{
    const auto& value = at(key);
    if (value.kind != Kind::String)
        fail(key, "it must be a text", "Write it in quotes");
    auto string = value.string;
    if (string.empty() || string.find('\0') != std::string::npos)
        fail(key, "it is empty or has a NUL character", "Write it out");
    return string;
}

std::size_t JsonObject::word(const std::string& key, const std::vector<std::string>& words) const
{
    const auto& value = at(key);
    const bool is_text = value.kind == Kind::String;
    const auto found = is_text ? std::ranges::find(words, value.string) : words.end();
    if (found == words.end())
        fail(key,
             "it must be " + listOf(words) +
                 (is_text ? ", not \"" + shownName(value.string) + "\"" : ""),
             "Use " + listOf(words));
    return std::size_t(found - words.begin());
}

int JsonObject::integerOf(const std::string& key, const JsonNode& value, int lowest,
                          int highest) const
{
    // Compared as double: a whole number may be larger than any integer type.
    const bool is_number = value.kind == Kind::Number;
    const double number = value.number;
    if (!is_number || number != std::floor(number) || number < lowest || number > highest)
        fail(key,
             "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest) +
                 " is expected",
             "Correct it");
    return int(number);
}

int JsonObject::integer(const std::string& key, int lowest, int highest) const
{
    return integerOf(key, at(key), lowest, highest);
}

std::vector<int> JsonObject::integers(const std::string& key, std::size_t count, int lowest,
                                      int highest) const
{
    const auto& value = at(key);
    if (value.kind != Kind::Array || value.items.size() != count)
        fail(key, "a list of " + std::to_string(count) + " whole numbers is expected",
             "Write [" + std::string(count == 2 ? "height, width" : "a, b, c") + "]");
    std::vector<int> list;
    for (const auto& entry : value.items)
        list.push_back(integerOf(key, entry, lowest, highest));
    return list;
}

float JsonObject::numberOf(const std::string& key, const JsonNode& value) const
{
    if (value.kind != Kind::Number ||
        std::abs(value.number) > double(std::numeric_limits<float>::max()))
        fail(key, "a number is expected that a float can hold", "Correct it");
    return float(value.number);
}

float JsonObject::number(const std::string& key) const
{
    return numberOf(key, at(key));
}

bool JsonObject::isList(const std::string& key) const
{
    return at(key).kind == Kind::Array;
}

std::vector<float> JsonObject::numbers(const std::string& key) const
{
    const auto& value = at(key);
    if (value.kind != Kind::Array || value.items.empty() || value.items.size() > 65536)
        fail(key, "a list of numbers is expected", "Write [a, b, ...]");
    std::vector<float> list;
    for (const auto& entry : value.items)
        list.push_back(numberOf(key, entry));
    return list;
}

} // namespace bitdial
