// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/scene_painter.h"

#include "widgets/style/theme.h"

#include <QFontInfo>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

namespace bitdial {
namespace {

QFont sceneFont(QFont font, double size, TextWeight weight)
{
    // A font's size in pixels is whole; in points it need not be.
    font.setPointSizeF(size * 72 / QFontMetricsF(font).fontDpi());
    font.setWeight(weight == TextWeight::Bold ? QFont::Bold : QFont::Normal);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

QPen penOf(const ScenePaint& paint)
{
    if (paint.stroke.width <= 0)
        return Qt::NoPen;
    QPen pen(colorOf(paint.stroke.color), paint.stroke.width, Qt::SolidLine, Qt::FlatCap,
             Qt::MiterJoin);
    if (paint.stroke.dash > 0) // Qt counts in widths of the pen
        pen.setDashPattern(
            {paint.stroke.dash / paint.stroke.width, paint.stroke.gap / paint.stroke.width});
    return pen;
}

class ShapePainter {
public:
    ShapePainter(QPainter& painter, const QFont& font) : m_painter(painter), m_font(font) {}

    void operator()(const PathShape& path) const
    {
        usePaint(path.paint);
        QPolygonF corners;
        corners.reserve(qsizetype(path.points.size()));
        for (const auto& point : path.points)
            corners << QPointF(point.x, point.y);
        if (path.closed)
            m_painter.drawPolygon(corners);
        else
            m_painter.drawPolyline(corners);
    }

    void operator()(const CircleShape& circle) const
    {
        usePaint(circle.paint);
        m_painter.drawEllipse(QPointF(circle.centre.x, circle.centre.y), circle.radius,
                              circle.radius);
    }

    void operator()(const TextShape& text) const
    {
        const auto letters = QString::fromStdString(drawnText(text.text));
        const auto font = sceneFont(m_font, text.size, text.weight);
        const double width = QFontMetricsF(font).horizontalAdvance(letters);
        const double before = text.anchor == TextAnchor::Start    ? 0
                              : text.anchor == TextAnchor::Middle ? width / 2
                                                                  : width;
        m_painter.save();
        m_painter.translate(text.at.x, text.at.y);
        if (text.turn == TextTurn::Upwards)
            m_painter.rotate(-90);
        if (text.rim) {
            QPainterPath outline;
            outline.addText(QPointF(-before, 0), font, letters);
            m_painter.strokePath(outline, QPen(colorOf(*text.rim), scene_rim_width, Qt::SolidLine,
                                               Qt::FlatCap, Qt::RoundJoin));
        }
        m_painter.setFont(font);
        m_painter.setPen(colorOf(text.color));
        m_painter.drawText(QPointF(-before, 0), letters);
        m_painter.restore();
    }

private:
    void usePaint(const ScenePaint& paint) const
    {
        m_painter.setPen(penOf(paint));
        m_painter.setBrush(paint.fill ? QBrush(colorOf(*paint.fill)) : QBrush(Qt::NoBrush));
    }

    QPainter& m_painter;
    const QFont& m_font;
};

} // namespace

void paintGroups(QPainter& painter, const std::vector<SceneGroup>& groups, const QFont& font)
{
    const ShapePainter shapes(painter, font);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const auto& group : groups) {
        painter.save();
        if (group.clip)
            painter.setClipRect(
                QRectF(group.clip->x, group.clip->y, group.clip->width, group.clip->height),
                Qt::IntersectClip);
        for (const auto& shape : group.shapes)
            std::visit(shapes, shape);
        painter.restore();
    }
    painter.restore();
}

void paintScene(QPainter& painter, const ChartScene& scene, const QFont& font)
{
    painter.fillRect(QRectF(0, 0, scene.width, scene.height), colorOf(scene.background));
    paintGroups(painter, scene.groups, font);
}

TextWidth fontTextWidth(const QFont& font)
{
    return [font](const std::string& text, double size, TextWeight weight) {
        return QFontMetricsF(sceneFont(font, size, weight))
            .horizontalAdvance(QString::fromStdString(drawnText(text)));
    };
}

double pixelSizeOf(const QFont& font)
{
    return font.pixelSize() > 0 ? font.pixelSize()
                                : font.pointSizeF() * QFontMetricsF(font).fontDpi() / 72;
}

Rgba rgbaOf(const QColor& color)
{
    return {std::uint8_t(color.red()), std::uint8_t(color.green()), std::uint8_t(color.blue()),
            double(color.alphaF())};
}

QColor colorOf(Rgba color)
{
    QColor result(color.red, color.green, color.blue);
    result.setAlphaF(float(color.alpha));
    return result;
}

const ChartTheme& chartTheme(const Theme& theme)
{
    return theme.dark ? ChartTheme::night() : ChartTheme::light();
}

} // namespace bitdial
