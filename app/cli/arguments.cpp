// SPDX-License-Identifier: Apache-2.0
#include "app/cli/arguments.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace bitdial::cli {
namespace {

const std::vector<OptionSpec>& commonOptions()
{
    static const std::vector<OptionSpec> options{
        {"json", "", "results and errors as JSON on standard output"},
        {"help", "", "show this text"}};
    return options;
}

const OptionSpec* findOption(const CommandSpec& spec, const std::string& name)
{
    for (const auto* options : {&spec.options, &commonOptions()})
        for (const auto& option : *options)
            if (option.name == name)
                return &option;
    return nullptr;
}

std::string unknownOptionHint(const CommandSpec& spec, const std::string& name)
{
    std::vector<std::string> names;
    for (const auto* options : {&spec.options, &commonOptions()})
        for (const auto& option : *options)
            names.push_back("--" + option.name);
    return didYouMean("--" + name, names);
}

/// A finite number that fills the whole text, in the C locale.
template <typename Number> std::optional<Number> parse(const std::string& text)
{
    Number value = 0;
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc() || result.ptr != end)
        return std::nullopt;
    return value;
}

/// "'csv', 'json' or 'svg'".
std::string listed(const std::vector<std::string>& words)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "'" : i + 1 == words.size() ? " or '" : ", '") + words[i] + "'";
    return text;
}

} // namespace

Arguments::Arguments(const CommandSpec& spec, std::span<const std::string> words)
    : m_verb(spec.verb)
{
    bool only_operands = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (!only_operands && word == "--")
            only_operands = true;
        else if (!only_operands && word == "-h")
            m_values["help"];
        else if (!only_operands && word.size() > 1 && word[0] == '-')
            i = takeOption(spec, words, i);
        else
            m_operands.push_back(word);
    }
    if (!wantsHelp())
        check(spec);
}

/// Returns the index of the last word used.
std::size_t Arguments::takeOption(const CommandSpec& spec, std::span<const std::string> words,
                                  std::size_t index)
{
    const auto& word = words[index];
    const auto equals = word.find('=');
    const bool is_long = word.starts_with("--");
    const std::string name = word.substr(is_long ? 2 : 1, equals - (is_long ? 2 : 1));
    const auto* option = is_long ? findOption(spec, name) : nullptr;
    if (option == nullptr)
        fail("Unknown option", "'" + word.substr(0, equals) + "' is not an option of " + m_verb,
             unknownOptionHint(spec, name));
    if (m_values.contains(name) && !option->repeatable)
        fail("An option is given twice", "--" + name + " takes one value", "Leave one of the two");
    auto& values = m_values[name];
    if (option->value_name.empty()) {
        if (equals != std::string::npos)
            fail("An option has a value too many", "--" + name + " takes none");
        return index;
    }
    if (equals != std::string::npos) {
        values.push_back(word.substr(equals + 1));
        return index;
    }
    if (index + 1 >= words.size())
        fail("An option lacks its value", "--" + name + " needs " + option->value_name);
    values.push_back(words[index + 1]);
    return index + 1;
}

void Arguments::check(const CommandSpec& spec) const
{
    if (m_operands.size() < spec.operands.size())
        fail("An operand is missing", m_verb + " needs " + spec.operands[m_operands.size()]);
    if (m_operands.size() > spec.operands.size())
        fail("An operand is too many", "nothing takes '" + m_operands[spec.operands.size()] + "'");
    for (const auto& option : spec.options)
        if (option.required && !has(option.name))
            fail("An option is missing",
                 m_verb + " needs --" + option.name + " " + option.value_name);
}

std::string Arguments::text(const std::string& option, const std::string& fallback) const
{
    const auto found = m_values.find(option);
    return found == m_values.end() || found->second.empty() ? fallback : found->second.back();
}

std::vector<std::string> Arguments::texts(const std::string& option) const
{
    const auto found = m_values.find(option);
    return found == m_values.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::int64_t> Arguments::integer(const std::string& option, std::int64_t low,
                                               std::int64_t high) const
{
    if (!has(option))
        return std::nullopt;
    const auto value = parse<std::int64_t>(text(option));
    if (!value || *value < low || *value > high)
        fail("An option has a wrong value",
             "--" + option + " is '" + text(option) + "', not a whole number from " +
                 std::to_string(low) + " to " + std::to_string(high));
    return value;
}

std::optional<double> Arguments::number(const std::string& option, double low, double high) const
{
    if (!has(option))
        return std::nullopt;
    const auto value = parse<double>(text(option));
    if (!value || !std::isfinite(*value) || !(*value > low) || *value > high)
        fail("An option has a wrong value", "--" + option + " is '" + text(option) +
                                                "', not a number above " + shortestText(low) +
                                                " and up to " + shortestText(high));
    return value;
}

std::string Arguments::choice(const std::string& option, const std::vector<std::string>& choices,
                              const std::string& fallback) const
{
    auto value = text(option, fallback);
    if (std::ranges::find(choices, value) == choices.end())
        fail("An option has a wrong value", "--" + option + " cannot be '" + value + "'",
             "Give " + listed(choices));
    return value;
}

void Arguments::fail(const std::string& what, const std::string& why, const std::string& next) const
{
    throw Error(ErrorCode::Usage, what, "bitdial-cli " + m_verb, why,
                next.empty() ? "See bitdial-cli " + m_verb + " --help" : next);
}

std::string helpText(const CommandSpec& spec)
{
    std::string text = "usage: bitdial-cli " + spec.verb;
    for (const auto& operand : spec.operands)
        text += " " + operand;
    for (const auto& option : spec.options) {
        std::string word = "--" + option.name;
        if (!option.value_name.empty())
            word += " " + option.value_name;
        if (option.repeatable)
            word += "...";
        text += option.required ? " " + word : " [" + word + "]";
    }
    text += " [--json]\n\n" + spec.summary + "\n\noptions:\n";
    for (const auto* options : {&spec.options, &commonOptions()})
        for (const auto& option : *options) {
            std::string word = "  --" + option.name + " " + option.value_name;
            word.resize(std::max<std::size_t>(word.size() + 1, 26), ' ');
            text += word + option.help + "\n";
        }
    return text;
}

} // namespace bitdial::cli
