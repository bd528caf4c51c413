// SPDX-License-Identifier: Apache-2.0
#pragma once

class QPainter;
class QStyleOptionViewItem;

namespace bitdial {

/// Ground of a table cell: the row's selection and the hairline below it.
void paintCellGround(QPainter& painter, const QStyleOptionViewItem& option);

} // namespace bitdial
