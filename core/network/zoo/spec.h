// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bitdial {

/// `zoo:NAME?key=value&...`, taken apart. Keys that nobody asks for are errors.
class ZooSpec {
public:
    explicit ZooSpec(const std::string& spec);

    const std::string& text() const { return m_spec; }
    const std::string& name() const { return m_name; }
    /// The value of a key that is a number from `low` to `high`, or `fallback` where it is absent.
    double number(const std::string& key, double fallback, double low, double high);
    int integer(const std::string& key, int fallback, int low, int high);
    /// The value of a key, or an empty text.
    std::string path(const std::string& key);
    /// Throws Error(BadInput) for the first key that was not asked for.
    void checkAllUsed() const;
    [[noreturn]] void fail(const std::string& why) const;

private:
    std::string m_spec;
    std::string m_name;
    std::map<std::string, std::string> m_values;
    std::vector<std::string> m_known;
};

} // namespace bitdial
