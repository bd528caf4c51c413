// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/front_painter.h"

#include "widgets/style/figures.h"
#include "widgets/style/theme.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr double front_radius = 4.5;
constexpr double cloud_radius = 2.2;
constexpr double mark_radius = 5.5;
constexpr double ring_radius = 9;

QString tr(const char* text)
{
    return QCoreApplication::translate("FrontChart", text);
}

QPolygonF diamond(QPointF at)
{
    return {{{at.x(), at.y() - mark_radius},
             {at.x() + mark_radius, at.y()},
             {at.x(), at.y() + mark_radius},
             {at.x() - mark_radius, at.y()}}};
}

QPolygonF triangle(QPointF at)
{
    return {{{at.x(), at.y() - mark_radius},
             {at.x() + mark_radius, at.y() + mark_radius * 0.8},
             {at.x() - mark_radius, at.y() + mark_radius * 0.8}}};
}

void paintCloud(QPainter& painter, const FrontPicture& picture)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(picture.theme.faint);
    for (const auto& point : picture.points.points)
        if (!point.on_front && point.mark == PointMark::Searched && point.comparable)
            painter.drawEllipse(picture.place(point), cloud_radius, cloud_radius);
    // Measured in another way than the front: a hollow mark, for its height says something else.
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(picture.theme.faint, 1));
    for (const auto& point : picture.points.points)
        if (!point.comparable && point.mark == PointMark::Searched)
            painter.drawEllipse(picture.place(point), cloud_radius, cloud_radius);
}

/// Where a text of this size beside a horizontal line covers the fewest points.
QRectF emptiest(const FrontPicture& picture, double y, QSizeF size)
{
    const auto& plot = picture.plot;
    QRectF best;
    std::ptrdiff_t fewest = std::numeric_limits<std::ptrdiff_t>::max();
    for (const double left : {plot.left() + 4, plot.right() - size.width() - 4}) {
        for (const double top : {y - size.height() - 2, y + 2}) {
            const QRectF room(QPointF(left, top), size);
            if (room.top() < plot.top() - size.height() || room.bottom() > plot.bottom())
                continue;
            const auto near = room.adjusted(-mark_radius, -mark_radius, mark_radius, mark_radius);
            const auto count =
                std::ranges::count_if(picture.points.points, [&](const ChartPoint& point) {
                    return near.contains(picture.place(point));
                });
            if (count < fewest) {
                fewest = count;
                best = room;
            }
        }
    }
    return best;
}

void paintFloatReference(QPainter& painter, const FrontPicture& picture)
{
    if (!picture.points.float_reference)
        return;
    const auto& plot = picture.plot;
    const double top1 = picture.points.float_reference->top1();
    const double y = plot.bottom() - picture.scales.top1.fraction(top1 * 100) * plot.height();
    if (y < plot.top() - 1 || y > plot.bottom() + 1)
        return;
    QPen pen(picture.theme.secondary, 1);
    pen.setDashPattern({5, 4});
    painter.setPen(pen);
    painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
    const auto text = tr("float %1").arg(percent(top1));
    const auto room = emptiest(picture, y, QFontMetricsF(picture.font).size(0, text));
    painter.drawText(room, Qt::AlignCenter | Qt::TextDontClip, text);
}

void paintArrow(QPainter& painter, QPointF from, QPointF to)
{
    const QLineF line(from, to);
    if (line.length() < 2 * mark_radius + 6)
        return; // the marks touch: an arrow would only smear them
    const auto along = (to - from) / line.length();
    const QPointF across(-along.y(), along.x());
    const auto start = from + along * (front_radius + 1);
    const auto tip = to - along * (front_radius + 2);
    painter.drawLine(start, tip);
    painter.drawPolyline(
        QPolygonF{{tip - along * 6 + across * 3, tip, tip - along * 6 - across * 3}});
}

void paintLinks(QPainter& painter, const FrontPicture& picture)
{
    QColor color = picture.accent;
    color.setAlphaF(0.65F);
    painter.setPen(QPen(color, 1.2));
    for (const auto& link : picture.points.links)
        paintArrow(painter, picture.place(picture.points.points[std::size_t(link.from)]),
                   picture.place(picture.points.points[std::size_t(link.to)]));
}

void paintStepLine(QPainter& painter, const FrontPicture& picture)
{
    const auto& chart = picture.points;
    QColor faint = picture.accent;
    faint.setAlphaF(0.55F);
    painter.setPen(QPen(faint, 1));
    for (const int index : chart.front) {
        const auto& point = chart.points[std::size_t(index)];
        auto low = point;
        auto high = point;
        low.top1 = point.low;
        high.top1 = point.high;
        painter.drawLine(picture.place(low), picture.place(high));
    }
    QPolygonF steps;
    for (const int index : chart.front) {
        const auto at = picture.place(chart.points[std::size_t(index)]);
        if (!steps.isEmpty())
            steps << QPointF(at.x(), steps.last().y());
        steps << at;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(picture.accent, 2, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.drawPolyline(steps);
}

void paintMark(QPainter& painter, const FrontPicture& picture, const ChartPoint& point)
{
    const auto& theme = picture.theme;
    const auto at = picture.place(point);
    switch (point.mark) {
    case PointMark::Uniform:
        painter.setPen(QPen(theme.panel, 1));
        painter.setBrush(theme.text);
        painter.drawPolygon(diamond(at));
        break;
    case PointMark::Hand:
        painter.setPen(QPen(theme.panel, 1));
        painter.setBrush(point.on_front ? picture.accent : theme.secondary);
        painter.drawPolygon(triangle(at));
        break;
    case PointMark::Stage1:
        painter.setPen(QPen(picture.accent, 1.5));
        painter.setBrush(theme.panel);
        painter.drawEllipse(at, front_radius - 0.5, front_radius - 0.5);
        break;
    case PointMark::Searched:
        if (!point.on_front)
            break;
        painter.setPen(QPen(theme.panel, 1));
        painter.setBrush(picture.accent);
        painter.drawEllipse(at, front_radius, front_radius);
        break;
    }
}

void paintMarks(QPainter& painter, const FrontPicture& picture)
{
    using enum PointMark;
    for (const auto kind : {Stage1, Searched, Hand, Uniform})
        for (const auto& point : picture.points.points)
            if (point.mark == kind)
                paintMark(painter, picture, point);
    const QFontMetricsF metrics(picture.font);
    for (const auto& point : picture.points.points) {
        if (point.label.isEmpty())
            continue;
        const auto at = picture.place(point);
        const double width = metrics.horizontalAdvance(point.label);
        const bool fits = at.x() + mark_radius + 5 + width < picture.plot.right() + 8;
        const double x = fits ? at.x() + mark_radius + 4 : at.x() - mark_radius - 4 - width;
        QPainterPath letters;
        letters.addText(QPointF(x, at.y() + metrics.capHeight() / 2), picture.font, point.label);
        // A rim in the panel's colour keeps the label readable over points and lines.
        painter.strokePath(letters, QPen(picture.theme.panel, 3));
        painter.fillPath(letters, picture.theme.text);
    }
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

void paintBelow(QPainter& painter, const FrontPicture& picture)
{
    if (picture.scales.below == 0)
        return;
    painter.setPen(picture.theme.secondary);
    const auto text = tr("↓ %1 below").arg(picture.scales.below);
    const double width = QFontMetricsF(picture.font).horizontalAdvance(text);
    painter.drawText(QPointF(picture.plot.right() - width, picture.plot.bottom() - 8), text);
}

} // namespace

QPointF FrontPicture::place(const ChartPoint& point) const
{
    const double up = std::clamp(scales.top1.fraction(point.top1), 0.0, 1.0);
    return {plot.left() + scales.latency_ms.fraction(point.latency_ms) * plot.width(),
            plot.bottom() - up * plot.height()};
}

void paintFront(QPainter& painter, const FrontPicture& picture)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(picture.font);
    paintCloud(painter, picture);
    paintFloatReference(painter, picture);
    paintBelow(painter, picture);
    paintStepLine(painter, picture);
    paintLinks(painter, picture);
    paintMarks(painter, picture);
    paintRings(painter, picture);
    painter.restore();
}

} // namespace bitdial
