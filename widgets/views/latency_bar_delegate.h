// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStyledItemDelegate>

#include <vector>

namespace bitdial {

/// Shows LayerModel::ShareRole as one bar per target in the targets' accents.
class LatencyBarDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    /// Hidden targets have no bar. All are visible at the start.
    void setTargetVisible(int target, bool visible);
    bool isTargetVisible(int target) const;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    std::vector<bool> m_hidden; ///< by target; absent: visible
};

} // namespace bitdial
