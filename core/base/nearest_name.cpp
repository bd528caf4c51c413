// SPDX-License-Identifier: Apache-2.0
#include "core/base/nearest_name.h"

#include "core/base/shown_name.h"

#include <algorithm>
#include <numeric>

namespace bitdial {
namespace {

std::size_t levenshtein(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row.back();
}

} // namespace

std::vector<std::string> nearestNames(std::string_view name,
                                      std::span<const std::string> candidates, std::size_t count)
{
    // Long names from hostile files would make the quadratic distance slow.
    const std::string_view head = name.substr(0, 256);
    std::vector<std::pair<std::size_t, std::size_t>> ranked;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        ranked.emplace_back(levenshtein(head, std::string_view(candidates[i]).substr(0, 256)), i);
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i)
        names.push_back(candidates[ranked[i].second]);
    return names;
}

std::string didYouMean(std::string_view name, std::span<const std::string> candidates)
{
    const auto names = nearestNames(name, candidates);
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0)
            text += i + 1 == names.size() ? " or " : ", ";
        text += "'" + shownName(names[i]) + "'";
    }
    return text.empty() ? text : "Did you mean " + text + "?";
}

} // namespace bitdial
