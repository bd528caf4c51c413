// SPDX-License-Identifier: Apache-2.0
#include "core/base/number_text.h"

#include <array>
#include <charconv>

namespace bitdial {
namespace {

template <typename Number> std::string shortest(Number value)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

} // namespace

std::string shortestText(double value)
{
    return shortest(value);
}

std::string shortestText(float value)
{
    return shortest(value);
}

std::string fixedText(double value, int decimals)
{
    std::array<char, 400> text{}; // the largest double has 309 digits before the point
    // "-0" would be another text for the same number.
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value + 0.0,
                                   std::chars_format::fixed, decimals)
                         .ptr;
    return {text.data(), end};
}

} // namespace bitdial
