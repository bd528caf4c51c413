// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/front_kind.h"

#include <algorithm>
#include <vector>

namespace bitdial {

std::optional<AccuracyKind> frontKind(std::span<const DesignPoint* const> points,
                                      std::optional<Rung> only)
{
    const auto rungs =
        only ? std::vector{*only} : std::vector{Rung::Integer, Rung::Device, Rung::Fake};
    for (const Rung rung : rungs) {
        std::optional<AccuracyKind> kind;
        std::ptrdiff_t most = 0;
        for (const DataRole role : {DataRole::Test, DataRole::Validation, DataRole::All}) {
            const auto count = std::ranges::count_if(points, [&](const DesignPoint* point) {
                return point->accuracy(rung, role) != nullptr;
            });
            if (count <= most)
                continue;
            most = count;
            kind = AccuracyKind{rung, role};
        }
        if (kind)
            return kind;
    }
    return std::nullopt;
}

const Accuracy* shownAccuracy(const DesignPoint& point, const std::optional<AccuracyKind>& kind,
                              std::optional<Rung> only)
{
    if (kind)
        if (const auto* accuracy = point.accuracy(kind->rung, kind->role))
            return accuracy;
    if (only)
        return point.accuracy(*only);
    for (const Rung rung : {Rung::Integer, Rung::Device, Rung::Fake, Rung::Float})
        if (const auto* accuracy = point.accuracy(rung))
            return accuracy;
    return nullptr;
}

} // namespace bitdial
