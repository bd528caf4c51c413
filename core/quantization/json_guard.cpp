// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/json_guard.h"

#include "core/base/shown_name.h"

#include <nlohmann/json.hpp>

#include <unordered_set>
#include <vector>

namespace bitdial {
namespace {

using Json = nlohmann::json;

/// Receives the library's events; each returns whether to go on.
class OutlineReader : public nlohmann::json_sax<Json> {
public:
    OutlineReader(std::size_t deepest, std::size_t most_values)
        : m_deepest(deepest), m_most_values(most_values)
    {
    }
    JsonOutline take() { return std::move(m_outline); }

    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(number_integer_t) override { return count(); }
    bool number_unsigned(number_unsigned_t) override { return count(); }
    bool number_float(number_float_t, const string_t&) override { return count(); }
    bool string(string_t&) override { return count(); }
    bool binary(binary_t&) override { return count(); }
    bool start_object(std::size_t) override { return open(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override
    {
        if (m_keys.size() == 1)
            m_outline.keys.insert(name);
        return m_keys.back().insert(name).second ||
               stop("the key '" + shownName(name) + "' occurs twice");
    }
    bool parse_error(std::size_t, const std::string&, const Json::exception& error) override
    {
        std::string why = error.what(); // "[json.exception.parse_error.101] parse error at line…"
        if (const auto end = why.find("] "); end != std::string::npos)
            why.erase(0, end + 2);
        return stop("it is not valid JSON: " + shownName(why));
    }

private:
    bool stop(const std::string& problem)
    {
        m_outline.problem = problem;
        return false;
    }
    bool count()
    {
        return ++m_values <= m_most_values ||
               stop("it has more than " + std::to_string(m_most_values) + " values");
    }
    bool open()
    {
        if (m_keys.size() == m_deepest)
            return stop("it nests deeper than " + std::to_string(m_deepest) + " levels");
        m_keys.emplace_back();
        return count();
    }
    bool close()
    {
        m_keys.pop_back();
        return true;
    }

    std::size_t m_deepest;
    std::size_t m_most_values;
    std::size_t m_values = 0;
    std::vector<std::unordered_set<std::string>> m_keys; ///< of each open object or list
    JsonOutline m_outline;
};

} // namespace

JsonOutline outlineOfJson(std::string_view text, std::size_t deepest, std::size_t most_values)
{
    OutlineReader reader(deepest, most_values);
    // What it returns is in the outline's problem, too.
    [[maybe_unused]] const bool whole = Json::sax_parse(text, &reader);
    return reader.take();
}

} // namespace bitdial
