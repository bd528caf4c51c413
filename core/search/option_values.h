// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/method_info.h"

#include <map>
#include <string>
#include <vector>

namespace bitdial {

/// A method's options with the values that a user gave and the defaults of the others, checked.
class OptionValues {
public:
    /// Throws Error(Usage) for a key that the method does not have, with the nearest one, and for a
    /// value out of its range, with the range.
    OptionValues(const MethodInfo& method, const std::map<std::string, std::string>& given);

    /// Whether it has a value; an option without default may have none.
    bool has(const std::string& key) const { return !text(key).empty(); }
    const std::string& text(const std::string& key) const { return m_values.at(key); }
    double number(const std::string& key) const;
    int count(const std::string& key) const { return int(number(key)); }
    std::vector<double> numbers(const std::string& key) const;
    /// Throws Error(Usage): the value is wrong beside others.
    [[noreturn]] void refuse(const std::string& key, const std::string& why) const;

private:
    void check(const OptionSpec& option) const;

    std::string m_method;
    std::map<std::string, std::string> m_values; ///< of every option
};

} // namespace bitdial
