// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/front_drawing.h"

#include <QColor>
#include <QFont>
#include <QRectF>

class QPainter;

namespace bitdial {

struct Theme;

/// What a chart draws inside its axes.
struct FrontPicture {
    const ChartPoints& points;
    const ChartScales& scales;
    QRectF plot; ///< the rectangle between the axes
    const Theme& theme;
    QColor accent;
    QFont font;
    qint64 selected = 0;
    qint64 hovered = 0;

    /// Place of a point; one below the axis lies on its lower edge.
    QPointF place(const ChartPoint& point) const;
};

/// Draws what files draw too (core/report/front_drawing.h), and rings around the selected and the
/// hovered point.
void paintFront(QPainter& painter, const FrontPicture& picture);

} // namespace bitdial
