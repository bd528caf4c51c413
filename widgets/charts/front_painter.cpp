// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/front_painter.h"

#include "widgets/charts/scene_painter.h"
#include "widgets/style/figures.h"
#include "widgets/style/theme.h"

#include <QCoreApplication>
#include <QPainter>

namespace bitdial {
namespace {

constexpr double ring_radius = 9;

QString tr(const char* text)
{
    return QCoreApplication::translate("FrontChart", text);
}

FrontDrawing drawingOf(const FrontPicture& picture, const TextWidth& text_width)
{
    const auto& plot = picture.plot;
    FrontDrawing drawing{picture.points,
                         picture.scales,
                         {plot.x(), plot.y(), plot.width(), plot.height()},
                         chartTheme(picture.theme),
                         rgbaOf(picture.accent),
                         pixelSizeOf(picture.font),
                         text_width};
    if (picture.points.float_reference)
        drawing.float_text =
            tr("float %1").arg(percent(picture.points.float_reference->top1())).toStdString();
    drawing.below_text = tr("↓ %1 below").arg(picture.scales.below).toStdString();
    return drawing;
}

void paintRings(QPainter& painter, const FrontPicture& picture)
{
    painter.setBrush(Qt::NoBrush);
    for (const auto id : {picture.hovered, picture.selected}) {
        const int index = id == 0 ? -1 : picture.points.indexOf(id);
        if (index < 0)
            continue;
        const bool selected = id == picture.selected;
        const auto at = picture.place(picture.points.points[std::size_t(index)]);
        painter.setPen(
            QPen(selected ? picture.theme.text : picture.theme.secondary, selected ? 2 : 1));
        painter.drawEllipse(at, ring_radius, ring_radius);
    }
}

} // namespace

QPointF FrontPicture::place(const ChartPoint& point) const
{
    const auto at = placeOf(point, scales, {plot.x(), plot.y(), plot.width(), plot.height()});
    return {at.x, at.y};
}

void paintFront(QPainter& painter, const FrontPicture& picture)
{
    const auto text_width = fontTextWidth(picture.font);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    paintGroups(painter, frontGroups(drawingOf(picture, text_width)), picture.font);
    paintRings(painter, picture);
    painter.restore();
}

} // namespace bitdial
