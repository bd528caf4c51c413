// SPDX-License-Identifier: Apache-2.0
#include "core/network/zoo/spec.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

namespace bitdial {
namespace {

std::string numberText(double value)
{
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << value;
    return text.str();
}

} // namespace

ZooSpec::ZooSpec(const std::string& spec) : m_spec(spec)
{
    const std::string body = spec.starts_with("zoo:") ? spec.substr(4) : spec;
    const auto question = body.find('?');
    m_name = body.substr(0, question);
    if (question == std::string::npos)
        return;
    for (std::size_t begin = question + 1; begin <= body.size();) {
        const auto end = std::min(body.find('&', begin), body.size());
        const auto pair = body.substr(begin, end - begin);
        const auto equals = pair.find('=');
        if (equals == std::string::npos)
            fail("'" + pair + "' is not key=value");
        if (!m_values.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
            fail("the key '" + pair.substr(0, equals) + "' is given twice");
        begin = end + 1;
    }
}

double ZooSpec::number(const std::string& key, double fallback, double low, double high)
{
    m_known.push_back(key);
    const auto found = m_values.find(key);
    if (found == m_values.end())
        return fallback;
    double value = 0;
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool read = error == std::errc() && end == text.data() + text.size();
    if (!read || !(value >= low && value <= high)) // NaN too
        fail(key + "=" + text + " is not a number from " + numberText(low) + " to " +
             numberText(high));
    m_values.erase(found);
    return value;
}

int ZooSpec::integer(const std::string& key, int fallback, int low, int high)
{
    const double value = number(key, fallback, low, high);
    if (value != std::floor(value))
        fail(key + " must be a whole number");
    return int(value);
}

std::string ZooSpec::path(const std::string& key)
{
    m_known.push_back(key);
    const auto found = m_values.find(key);
    if (found == m_values.end())
        return {};
    auto value = found->second;
    if (value.empty())
        fail("the key '" + key + "' has no value");
    m_values.erase(found);
    return value;
}

void ZooSpec::checkAllUsed() const
{
    if (!m_values.empty())
        fail("unknown key '" + m_values.begin()->first + "'. " +
             didYouMean(m_values.begin()->first, m_known));
}

void ZooSpec::fail(const std::string& why) const
{
    throw Error(ErrorCode::BadInput, "Cannot build the network", m_spec, why,
                "See the man page for the built-in architectures");
}

} // namespace bitdial
