// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bitdial::cli {

/// An option `--name VALUE`, or a switch `--name` when it has no value name.
struct OptionSpec {
    std::string name;       ///< without the dashes
    std::string value_name; ///< empty: a switch
    std::string help;
    bool required = false;
    bool repeatable = false;
};

/// What one verb takes.
struct CommandSpec {
    std::string verb;
    std::vector<std::string> operands; ///< names of the required operands, "NETWORK"
    std::string summary;               ///< one sentence
    std::vector<OptionSpec> options;
};

/// Parsed command line of one verb. All errors are Error(Usage).
class Arguments {
public:
    /// Takes what follows the verb. Options may be written `--name VALUE` or `--name=VALUE`,
    /// before, between and after operands; `--` ends them. `--json` and `--help` are known to every
    /// verb.
    Arguments(const CommandSpec& spec, std::span<const std::string> words);

    const std::string& operand(std::size_t index) const { return m_operands[index]; }
    bool has(const std::string& option) const { return m_values.contains(option); }
    std::string text(const std::string& option, const std::string& fallback = {}) const;
    std::vector<std::string> texts(const std::string& option) const;
    /// The value as a whole number within [low, high], or no value when the option was not given.
    std::optional<std::int64_t> integer(const std::string& option, std::int64_t low,
                                        std::int64_t high) const;
    /// The value as a number within (low, high].
    std::optional<double> number(const std::string& option, double low, double high) const;
    /// The value, which must be one of `choices`.
    std::string choice(const std::string& option, const std::vector<std::string>& choices,
                       const std::string& fallback) const;
    bool json() const { return has("json"); }
    bool wantsHelp() const { return has("help"); }
    /// Throws Error(Usage): this command line is wrong.
    [[noreturn]] void fail(const std::string& what, const std::string& why,
                           const std::string& next = {}) const;

private:
    std::size_t takeOption(const CommandSpec& spec, std::span<const std::string> words,
                           std::size_t index);
    void check(const CommandSpec& spec) const;

    std::string m_verb;
    std::vector<std::string> m_operands;
    std::map<std::string, std::vector<std::string>> m_values;
};

/// Synopsis and options of a verb, for `--help`.
std::string helpText(const CommandSpec& spec);

} // namespace bitdial::cli
