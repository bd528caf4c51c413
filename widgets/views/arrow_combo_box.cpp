// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/arrow_combo_box.h"

#include "widgets/style/theme.h"

#include <QPainter>

namespace bitdial {

void ArrowComboBox::paintEvent(QPaintEvent* event)
{
    QComboBox::paintEvent(event);
    constexpr double from_right = 14;
    constexpr double half = 3.5;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Theme::of(palette()).secondary, 1.5));
    const QPointF tip(width() - from_right, height() / 2.0 + half / 2);
    painter.drawPolyline(
        QPolygonF{{tip.x() - half, tip.y() - half}, tip, {tip.x() + half, tip.y() - half}});
}

} // namespace bitdial
