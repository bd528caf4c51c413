// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace bitdial {

/// What a JSON text turned out to be, without a value of it being kept.
struct JsonOutline {
    std::set<std::string> keys; ///< of the outermost object
    std::string problem;        ///< empty, or why the text must not be read
};

/// Walks over a text once, in time proportional to it, and looks for keys that one object has
/// twice, more than `deepest` levels, more than `most_values` values and what is no JSON. The
/// library's parser with a callback would take quadratic time for long lists of objects.
JsonOutline outlineOfJson(std::string_view text, std::size_t deepest, std::size_t most_values);

} // namespace bitdial
