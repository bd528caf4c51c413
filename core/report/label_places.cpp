// SPDX-License-Identifier: Apache-2.0
#include "core/report/label_places.h"

#include <algorithm>
#include <limits>

namespace bitdial {

bool LabelPlaces::isFree(const SceneRect& room) const
{
    return room.x >= m_bounds.x && room.right() <= m_bounds.right() && room.y >= m_bounds.y &&
           room.bottom() <= m_bounds.bottom() &&
           std::ranges::none_of(m_blocked, [&](const auto& other) { return room.meets(other); });
}

void LabelPlaces::block(const TextShape& text, const TextWidth& width)
{
    const double length = width(text.text, text.size, text.weight);
    const double before = text.anchor == TextAnchor::End      ? length
                          : text.anchor == TextAnchor::Middle ? length / 2
                                                              : 0;
    const double height = text.size * cap_height;
    m_blocked.push_back(SceneRect{text.at.x - before, text.at.y - height, length, height}.grown(2));
}

bool LabelPlaces::put(TextShape& text, ScenePoint mark, double reach, const TextWidth& width)
{
    const double aside = reach + 3;
    const double height = text.size * cap_height;
    const double length = width(text.text, text.size, text.weight);
    // By preference. The upper left of a front is empty, as nothing is faster and more accurate.
    const ScenePoint lower_left[] = {
        {mark.x + aside, mark.y + height / 2},
        {mark.x - length / 2, mark.y - aside},
        {mark.x - aside - length, mark.y + height / 2},
        {mark.x - aside * 0.7 - length, mark.y - aside * 0.7},
        {mark.x + aside * 0.7, mark.y - aside * 0.7},
        {mark.x + aside * 0.7, mark.y + aside * 0.7 + height},
        {mark.x - length / 2, mark.y + aside + height},
        {mark.x - aside * 0.7 - length, mark.y + aside * 0.7 + height}};
    std::ptrdiff_t fewest = std::numeric_limits<std::ptrdiff_t>::max();
    SceneRect best;
    for (const auto at : lower_left) {
        const SceneRect room{at.x, at.y - height, length, height};
        if (!isFree(room))
            continue;
        const auto covered = std::ranges::count_if(
            m_avoided, [&](ScenePoint point) { return room.grown(2).contains(point); });
        if (covered < fewest) {
            fewest = covered;
            best = room;
        }
    }
    if (fewest == std::numeric_limits<std::ptrdiff_t>::max())
        return false;
    text.anchor = TextAnchor::Start;
    text.at = {best.x, best.bottom()};
    m_blocked.push_back(best.grown(1));
    return true;
}

} // namespace bitdial
