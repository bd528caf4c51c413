// SPDX-License-Identifier: Apache-2.0
#include "core/search/option_values.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace bitdial {
namespace {

std::optional<double> numberOf(std::string_view text)
{
    double value = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::vector<std::string> partsOf(const std::string& text)
{
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto comma = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, comma - begin));
        begin = comma + 1;
    }
    return parts;
}

/// Why a number is none that the option takes; empty: it is one.
std::string whyNoNumber(const OptionSpec& option, const std::string& text)
{
    const auto value = numberOf(text);
    if (!value || *value < option.least || *value > option.most)
        return "'" + text + "' is not a number from " + rangeText(option);
    if (option.type == OptionType::Count && *value != std::floor(*value))
        return "'" + text + "' is not a whole number from " + rangeText(option);
    return {};
}

std::string whyNoList(const OptionSpec& option, const std::string& text)
{
    std::vector<double> values;
    for (const auto& part : partsOf(text)) {
        if (auto why = whyNoNumber(option, part); !why.empty())
            return why;
        const double value = *numberOf(part);
        if (std::ranges::find(values, value) != values.end())
            return "it has " + part + " twice";
        values.push_back(value);
    }
    return {};
}

} // namespace

OptionValues::OptionValues(const MethodInfo& method,
                           const std::map<std::string, std::string>& given)
    : m_method(method.name)
{
    std::vector<std::string> known;
    for (const auto& option : method.options) {
        known.push_back(option.key);
        m_values[option.key] = option.value;
    }
    for (const auto& [key, value] : given) {
        if (std::ranges::find(known, key) == known.end())
            throw Error(ErrorCode::Usage, m_method + " has no such option", key,
                        "it is none of the method's keys. " + didYouMean(key, known),
                        "Choose one of those, or leave it out");
        m_values[key] = value;
    }
    for (const auto& option : method.options)
        if (given.contains(option.key))
            check(option);
}

void OptionValues::refuse(const std::string& key, const std::string& why) const
{
    throw Error(ErrorCode::Usage, "An option of " + m_method + " has a wrong value", key, why,
                "Give another value, or leave it out for the default");
}

void OptionValues::check(const OptionSpec& option) const
{
    const std::string& value = text(option.key);
    std::string why;
    switch (option.type) {
    case OptionType::Number:
    case OptionType::Count:
        why = whyNoNumber(option, value);
        break;
    case OptionType::Numbers:
        why = whyNoList(option, value);
        break;
    case OptionType::Choice:
        if (std::ranges::find(option.choices, value) == option.choices.end())
            why = "'" + value + "' is not " + rangeText(option);
        break;
    case OptionType::Target: // the method knows its targets
        break;
    }
    if (!why.empty())
        refuse(option.key, why);
}

double OptionValues::number(const std::string& key) const
{
    return numberOf(text(key)).value();
}

std::vector<double> OptionValues::numbers(const std::string& key) const
{
    std::vector<double> values;
    for (const auto& part : partsOf(text(key)))
        values.push_back(numberOf(part).value());
    return values;
}

} // namespace bitdial
