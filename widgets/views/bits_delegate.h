// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStyledItemDelegate>

namespace bitdial {

/// Shows the bits of a LayerModel cell as a segmented control 2 | 4 | 8 and sets them by a click on
/// a segment or the keys 2, 4 and 8. A locked cell shows its width and that it is locked.
class BitsDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    /// The rectangle of a segment (bits 2, 4 or 8) in a cell.
    static QRect segmentRect(const QRect& cell, int bits);
    /// The width whose segment is at a place of the cell; 0: none.
    static int bitsAt(const QRect& cell, QPoint position);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;

Q_SIGNALS:
    /// The user tried to change a locked cell.
    void refused(const QModelIndex& index, const QString& reason);
};

} // namespace bitdial
