// SPDX-License-Identifier: Apache-2.0
#include "core/learning/rung_comparison.h"

#include <algorithm>

namespace bitdial {

std::optional<int> CodeComparison::firstDifferingLayer() const
{
    const auto found =
        std::ranges::find_if(layers, [](const auto& layer) { return layer.differing > 0; });
    return found == layers.end() ? std::nullopt : std::optional(int(found - layers.begin()));
}

} // namespace bitdial
