// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// The up to `count` candidates nearest to `name` by Levenshtein distance, nearest first; ties keep
/// the candidates' order. For "did you mean".
std::vector<std::string>
nearestNames(std::string_view name, std::span<const std::string> candidates, std::size_t count = 3);

/// "Did you mean 'a', 'b' or 'c'?", or an empty text when there are no candidates.
std::string didYouMean(std::string_view name, std::span<const std::string> candidates);

} // namespace bitdial
