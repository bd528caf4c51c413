// SPDX-License-Identifier: Apache-2.0
#include "core/search/method_info.h"

#include "core/base/number_text.h"

#include <cmath>
#include <cstdint>

namespace bitdial {
namespace {

/// Without an exponent where it is a whole number: 1000000.
std::string limitText(double value)
{
    constexpr double most = 1e15;
    return value == std::floor(value) && std::abs(value) < most
               ? std::to_string(std::int64_t(value))
               : shortestText(value);
}

} // namespace

const char* methodNeedsName(MethodNeeds needs)
{
    switch (needs) {
    case MethodNeeds::Pictures:
        return "pictures";
    case MethodNeeds::Labels:
        return "labels";
    case MethodNeeds::Training:
        return "training";
    case MethodNeeds::Nothing:
        break;
    }
    return "nothing";
}

const char* optionTypeName(OptionType type)
{
    switch (type) {
    case OptionType::Count:
        return "count";
    case OptionType::Numbers:
        return "numbers";
    case OptionType::Choice:
        return "choice";
    case OptionType::Target:
        return "target";
    case OptionType::Number:
        break;
    }
    return "number";
}

std::string rangeText(const OptionSpec& option)
{
    std::string text;
    switch (option.type) {
    case OptionType::Choice:
        for (std::size_t i = 0; i < option.choices.size(); ++i) {
            if (i > 0)
                text += i + 1 == option.choices.size() ? " or " : ", ";
            text += option.choices[i];
        }
        return text;
    case OptionType::Target:
        return text;
    default:
        return limitText(option.least) + " to " + limitText(option.most);
    }
}

} // namespace bitdial
