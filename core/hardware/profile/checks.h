// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/json_text.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bitdial {

enum class Sign { Positive, NotNegative };

/// The checks that all parts of a profile share, and the list of the figures whose origin the
/// profile must state. Every failed check is Error(BadInput) with file:line:column.
class ProfileChecks {
public:
    /// `where` names the file in messages.
    explicit ProfileChecks(std::string where) : m_where(std::move(where)) {}

    [[noreturn]] void failAt(int line, int column, const std::string& what, const std::string& why,
                             const std::string& next) const;
    [[noreturn]] void fail(const JsonNode& node, const std::string& what, const std::string& why,
                           const std::string& next) const;
    /// "file:line:column"
    std::string place(int line, int column) const;

    void require(const JsonNode& node, JsonNode::Kind kind, const std::string& name) const;
    /// An object with exactly these keys; the optional ones may be absent.
    void checkKeys(const JsonNode& node, const std::string& name,
                   const std::vector<std::string>& keys,
                   const std::set<std::string>& optional = {}) const;
    /// A text that is not empty; the key must be there.
    std::string text(const JsonNode& parent, const std::string& key) const;
    /// One of some words.
    std::string word(const JsonNode& parent, const std::string& key,
                     const std::vector<std::string>& words) const;
    /// The word under `provenance`: measured, published, derived or unverified.
    std::string provenance(const JsonNode& node) const;
    double number(const JsonNode& parent, const std::string& key, Sign sign) const;
    /// A whole number up to `limit`.
    std::int64_t wholeNumber(const JsonNode& parent, const std::string& key,
                             Sign sign = Sign::Positive, double limit = 1e15) const;

    /// As number and wholeNumber, for a figure whose origin must be stated as `path`.key.
    double figure(const JsonNode& parent, const std::string& key, const std::string& path,
                  Sign sign);
    std::int64_t wholeFigure(const JsonNode& parent, const std::string& key,
                             const std::string& path, Sign sign = Sign::Positive,
                             double limit = 1e15);
    /// Dotted path and node of each figure read so far.
    const std::vector<std::pair<std::string, const JsonNode*>>& figures() const
    {
        return m_figures;
    }

private:
    std::string m_where;
    std::vector<std::pair<std::string, const JsonNode*>> m_figures;
};

} // namespace bitdial
