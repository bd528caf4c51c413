// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/bits_delegate.h"
#include "core/quantization/widths.h"

#include "widgets/models/layer_model.h"
#include "widgets/style/theme.h"
#include "widgets/views/cell_ground.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <array>

namespace bitdial {
namespace {

constexpr int segment_width = 22;
constexpr int segment_height = 20;
constexpr int left_margin = 8;
constexpr double corner = 4;

QRect controlRect(const QRect& cell)
{
    return {cell.left() + left_margin, cell.center().y() - segment_height / 2 + 1,
            int(quantized_widths.size()) * segment_width, segment_height};
}

int keyBits(const QKeyEvent& event)
{
    if (event.modifiers() & ~Qt::KeypadModifier)
        return 0;
    switch (event.key()) {
    case Qt::Key_2:
        return 2;
    case Qt::Key_4:
        return 4;
    case Qt::Key_8:
        return 8;
    default:
        return 0;
    }
}

void paintSegments(QPainter& painter, const QStyleOptionViewItem& option, int bits, bool weights)
{
    const auto& theme = Theme::of(option.palette);
    const bool selected = option.state & QStyle::State_Selected;
    QPainterPath shape;
    shape.addRoundedRect(controlRect(option.rect), corner, corner);
    // On a selected row the control's own ground would vanish.
    painter.fillPath(shape, selected ? theme.panel : theme.segment);
    for (const int width : quantized_widths) {
        const auto segment = BitsDelegate::segmentRect(option.rect, width);
        QFont font = option.font;
        QColor color = theme.secondary;
        if (width == bits) {
            QPainterPath part;
            part.addRect(segment);
            painter.fillPath(part.intersected(shape),
                             weights ? theme.weight_bits : theme.tensor_bits);
            color = weights ? theme.weight_text : theme.tensor_text;
            font.setWeight(QFont::DemiBold);
        }
        painter.setFont(font);
        painter.setPen(color);
        painter.drawText(segment, Qt::AlignCenter, QString::number(width));
    }
}

void paintFocus(QPainter& painter, const QStyleOptionViewItem& option, const QRect& around)
{
    if (!(option.state & QStyle::State_HasFocus))
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Theme::of(option.palette).accent(0), 1.5));
    painter.drawRoundedRect(QRectF(around).adjusted(-2, -2, 2, 2), corner + 1, corner + 1);
}

} // namespace

QRect BitsDelegate::segmentRect(const QRect& cell, int bits)
{
    const auto control = controlRect(cell);
    const int place = bits == 2 ? 0 : (bits == 4 ? 1 : 2);
    return {control.left() + place * segment_width, control.top(), segment_width, segment_height};
}

int BitsDelegate::bitsAt(const QRect& cell, QPoint position)
{
    for (const int width : quantized_widths)
        if (segmentRect(cell, width).contains(position))
            return width;
    return 0;
}

void BitsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    const auto& theme = Theme::of(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintCellGround(*painter, option);
    const auto bits = index.data(LayerModel::BitsRole);
    const auto text_rect = option.rect.adjusted(left_margin, 0, 0, 0);
    const bool locked = !index.data(LayerModel::LockRole).toString().isEmpty();
    if (bits.isValid() && !locked) {
        paintSegments(*painter, option, bits.toInt(), index.column() == LayerModel::Weight);
        paintFocus(*painter, option, controlRect(option.rect));
    } else {
        painter->setFont(option.font);
        painter->setPen(theme.secondary);
        const auto width = index.data().toString();
        painter->drawText(text_rect, Qt::AlignLeft | Qt::AlignVCenter,
                          bits.isValid() ? tr("%1 locked").arg(width) : width);
        paintFocus(*painter, option, controlRect(option.rect));
    }
    painter->restore();
}

QSize BitsDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {int(quantized_widths.size()) * segment_width + 2 * left_margin, segment_height + 8};
}

bool BitsDelegate::editorEvent(QEvent* event, QAbstractItemModel* model,
                               const QStyleOptionViewItem& option, const QModelIndex& index)
{
    int bits = 0;
    if (event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        if (mouse->button() == Qt::LeftButton)
            bits = bitsAt(option.rect, mouse->position().toPoint());
    } else if (event->type() == QEvent::KeyPress) {
        bits = keyBits(*static_cast<QKeyEvent*>(event));
    }
    if (bits == 0 || !index.data(LayerModel::BitsRole).isValid())
        return false;
    const auto reason = index.data(LayerModel::LockRole).toString();
    if (reason.isEmpty())
        return model->setData(index, bits, Qt::EditRole);
    Q_EMIT refused(index, reason);
    return true;
}

} // namespace bitdial
