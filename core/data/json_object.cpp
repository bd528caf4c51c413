// SPDX-License-Identifier: Apache-2.0
#include "core/data/json_object.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr int MaxDepth = 100;

/// Sees every value while the parser builds them: for what the finished value no longer shows.
class ParseGuard {
public:
    explicit ParseGuard(const std::function<void(const std::string&, const std::string&)>& fail)
        : m_fail(fail)
    {
    }

    bool operator()(int depth, Json::parse_event_t event, Json& parsed)
    {
        if (depth > MaxDepth)
            m_fail("it is nested deeper than " + std::to_string(MaxDepth), "Correct the file");
        if (event == Json::parse_event_t::object_start)
            m_keys.emplace_back();
        if (event == Json::parse_event_t::object_end)
            m_keys.pop_back();
        if (event == Json::parse_event_t::key) {
            const auto key = parsed.get<std::string>();
            if (!m_keys.back().insert(key).second)
                m_fail("the key \"" + shownName(key) + "\" is there twice", "Remove one of them");
        }
        return true;
    }

private:
    const std::function<void(const std::string&, const std::string&)>& m_fail;
    std::vector<std::set<std::string>> m_keys;
};

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

JsonObject::JsonObject(nlohmann::json json, std::string where, std::string prefix)
    : m_json(std::move(json)), m_where(std::move(where)), m_prefix(std::move(prefix))
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
    const std::function<void(const std::string&, const std::string&)> on_fault =
        [this](const std::string& why, const std::string& next) { fail("", why, next); };
    ParseGuard guard(on_fault);
    try {
        m_json = Json::parse(text.begin(), text.end(), std::ref(guard));
    } catch (const Json::parse_error& e) {
        const bool encoding = std::string_view(e.what()).find("UTF-8") != std::string_view::npos;
        fail("",
             (encoding ? "it is not UTF-8 (byte " : "it is not valid JSON (byte ") +
                 std::to_string(e.byte) + ")",
             encoding ? "Save the file as UTF-8"
                      : "Correct the file; CONTRIBUTING shows an example");
    } catch (const Json::exception&) {
        fail("", "it has a number that no computer can hold", "Correct the number");
    }
    if (!m_json.is_object())
        fail("", "it is not a JSON object", "Correct the file");
}

void JsonObject::fail(const std::string& key, const std::string& why, const std::string& next) const
{
    const auto place =
        key.empty() ? m_prefix.substr(0, m_prefix.rfind('.')) : m_prefix + shownName(key);
    throw Error(ErrorCode::BadInput, "The data file is wrong",
                m_where + (place.empty() ? "" : ": \"" + place + "\""), why, next);
}

void JsonObject::checkKeys(const std::vector<std::string>& known) const
{
    for (const auto& [key, value] : m_json.items())
        if (std::ranges::find(known, key) == known.end())
            fail(key, "unknown key", didYouMean(key, known));
}

bool JsonObject::has(const std::string& key) const
{
    const auto found = m_json.find(key);
    return found != m_json.end() && !found->is_null();
}

const nlohmann::json& JsonObject::at(const std::string& key) const
{
    if (!has(key))
        fail(key, "the key is missing", "Add \"" + key + "\"");
    return m_json.at(key);
}

JsonObject JsonObject::object(const std::string& key) const
{
    const auto& value = at(key);
    if (!value.is_object())
        fail(key, "it must be an object", "Write {...}");
    return {value, m_where, m_prefix + key + "."};
}

std::string JsonObject::text(const std::string& key) const
{
    const auto& value = at(key);
    if (!value.is_string())
        fail(key, "it must be a text", "Write it in quotes");
    auto string = value.get<std::string>();
    if (string.empty() || string.find('\0') != std::string::npos)
        fail(key, "it is empty or has a NUL character", "Write it out");
    return string;
}

std::size_t JsonObject::word(const std::string& key, const std::vector<std::string>& words) const
{
    const auto& value = at(key);
    const auto found =
        value.is_string() ? std::ranges::find(words, value.get<std::string>()) : words.end();
    if (found == words.end())
        fail(key,
             "it must be " + listOf(words) +
                 (value.is_string() ? ", not \"" + shownName(value.get<std::string>()) + "\"" : ""),
             "Use " + listOf(words));
    return std::size_t(found - words.begin());
}

int JsonObject::integerOf(const std::string& key, const nlohmann::json& value, int lowest,
                          int highest) const
{
    // Compared as double: a whole number may be larger than any integer type.
    const double number = value.is_number() ? value.get<double>() : -1;
    if (!value.is_number() || number != std::floor(number) || number < lowest || number > highest)
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
    if (!value.is_array() || value.size() != count)
        fail(key, "a list of " + std::to_string(count) + " whole numbers is expected",
             "Write [" + std::string(count == 2 ? "height, width" : "a, b, c") + "]");
    std::vector<int> list;
    for (const auto& entry : value)
        list.push_back(integerOf(key, entry, lowest, highest));
    return list;
}

float JsonObject::numberOf(const std::string& key, const nlohmann::json& value) const
{
    const double number = value.is_number() ? value.get<double>() : 0;
    if (!value.is_number() || std::abs(number) > double(std::numeric_limits<float>::max()))
        fail(key, "a number is expected that a float can hold", "Correct it");
    return float(number);
}

float JsonObject::number(const std::string& key) const
{
    return numberOf(key, at(key));
}

bool JsonObject::isList(const std::string& key) const
{
    return at(key).is_array();
}

std::vector<float> JsonObject::numbers(const std::string& key) const
{
    const auto& value = at(key);
    if (!value.is_array() || value.empty() || value.size() > 65536)
        fail(key, "a list of numbers is expected", "Write [a, b, ...]");
    std::vector<float> list;
    for (const auto& entry : value)
        list.push_back(numberOf(key, entry));
    return list;
}

} // namespace bitdial
