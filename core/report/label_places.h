// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/text_width.h"

#include <vector>

namespace bitdial {

/// Finds room for labels beside their marks. Marks and labels put before are never covered, other
/// points as few as possible.
class LabelPlaces {
public:
    explicit LabelPlaces(const SceneRect& bounds) : m_bounds(bounds) {}

    /// A mark that no label may cover.
    void block(ScenePoint at, double reach)
    {
        m_blocked.push_back(SceneRect{at.x, at.y, 0, 0}.grown(reach));
    }
    /// A text that stands already, begun or ended at its place.
    void block(const TextShape& text, const TextWidth& width)
    {
        const double length = width(text.text, text.size, text.weight);
        const double left = text.anchor == TextAnchor::End ? text.at.x - length : text.at.x;
        m_blocked.push_back(SceneRect{left, text.at.y - text.size, length, text.size}.grown(2));
    }
    /// A point that labels should not cover.
    void avoid(ScenePoint at) { m_avoided.push_back(at); }

    /// Moves a label to the best place beside a mark and keeps that free of others: to the right,
    /// the left, above, below, or aslant. False: there is no room.
    bool put(TextShape& text, ScenePoint mark, double reach, const TextWidth& width);

private:
    bool isFree(const SceneRect& room) const;

    SceneRect m_bounds;
    std::vector<SceneRect> m_blocked;
    std::vector<ScenePoint> m_avoided;
};

} // namespace bitdial
