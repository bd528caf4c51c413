// SPDX-License-Identifier: Apache-2.0
#include "core/session/method_listing.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bitdial {
namespace {

using Json = nlohmann::ordered_json;

/// What a method needs, in a sentence.
std::string needsText(MethodNeeds needs)
{
    switch (needs) {
    case MethodNeeds::Pictures:
        return "needs samples, without labels";
    case MethodNeeds::Labels:
        return "needs labelled samples";
    case MethodNeeds::Training:
        return "needs labelled samples to train on";
    case MethodNeeds::Nothing:
        break;
    }
    return "needs no data";
}

/// "strengths=0.002,0.004"; only the key where it has no default.
std::string assignment(const OptionSpec& option)
{
    return option.value.empty() ? option.key : option.key + "=" + option.value;
}

std::string withRange(const OptionSpec& option)
{
    const auto range = rangeText(option);
    return range.empty() ? option.help : option.help + " (" + range + ")";
}

std::string sentence(std::string text)
{
    text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

/// A text as man's macros take it: no line may begin with a macro's mark.
std::string roff(const std::string& text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '\\')
            escaped += "\\e";
        else if (c == '-')
            escaped += "\\-";
        else
            escaped += c;
    }
    const bool is_macro = escaped.starts_with('.') || escaped.starts_with('\'');
    return (is_macro ? "\\&" : "") + escaped;
}

} // namespace

std::string methodsText(const SearchMethods& methods)
{
    constexpr std::size_t help_column = 38;
    std::string text;
    for (const auto& method : methods.all()) {
        const MethodInfo& info = method->info();
        text += info.name + "  " + info.summary + "\n    " + info.source + "; " +
                needsText(info.needs) + "\n";
        for (const auto& option : info.options) {
            std::string word = "    --set " + assignment(option);
            if (word.size() + 2 > help_column)
                word += "\n" + std::string(help_column, ' ');
            else
                word.resize(help_column, ' ');
            text += word + withRange(option) + "\n";
        }
    }
    return text;
}

std::string methodsJson(const SearchMethods& methods)
{
    Json list = Json::array();
    for (const auto& method : methods.all()) {
        const MethodInfo& info = method->info();
        Json options = Json::array();
        for (const auto& option : info.options)
            options.push_back(
                {{"key", option.key},
                 {"type", optionTypeName(option.type)},
                 {"title", option.title},
                 {"default", option.value.empty() ? Json(nullptr) : Json(option.value)},
                 {"range", rangeText(option)},
                 {"choices", option.choices},
                 {"quick", option.quick},
                 {"help", option.help}});
        list.push_back({{"name", info.name},
                        {"title", info.title},
                        {"summary", info.summary},
                        {"source", info.source},
                        {"needs", methodNeedsName(info.needs)},
                        {"family", methodFamilyName(info.family)},
                        {"options", std::move(options)}});
    }
    return Json{{"methods", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace) +
           '\n';
}

std::string methodsManSection(const SearchMethods& methods)
{
    std::string text = ".SH SEARCH METHODS\n";
    for (const auto& method : methods.all()) {
        const MethodInfo& info = method->info();
        text += ".SS " + roff(info.name) + "\n" + roff(info.summary) + "\n" + roff(info.source) +
                "; " + needsText(info.needs) + ".\n";
        for (const auto& option : info.options)
            text += ".TP\n.B " + roff(assignment(option)) + "\n" +
                    roff(sentence(withRange(option))) + "\n";
    }
    return text;
}

MethodFamilies methodFamilies(const SearchMethods& methods)
{
    MethodFamilies families;
    for (const auto& method : methods.all())
        families[method->name()] = method->info().family;
    return families;
}

} // namespace bitdial
