// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/cell_ground.h"

#include "widgets/style/theme.h"

#include <QPainter>
#include <QStyleOptionViewItem>

namespace bitdial {

void paintCellGround(QPainter& painter, const QStyleOptionViewItem& option)
{
    const auto& theme = Theme::of(option.palette);
    if (option.state & QStyle::State_Selected)
        painter.fillRect(option.rect, theme.selection);
    const QRect line(option.rect.left(), option.rect.bottom(), option.rect.width(), 1);
    painter.fillRect(line, theme.hairline);
}

} // namespace bitdial
