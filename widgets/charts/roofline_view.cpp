// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/roofline_view.h"

#include "widgets/style/figures.h"
#include "widgets/style/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <set>

namespace bitdial {
namespace {

constexpr double point_radius = 4;
constexpr double ring_radius = 8;
constexpr double reach = 10;
constexpr double left_margin = 52;
constexpr double bottom_margin = 44;
constexpr double other_margin = 12;

/// "0.1", "1", "100", "1e4".
QString decadeLabel(int exponent)
{
    return std::abs(exponent) <= 3 ? QLocale().toString(std::pow(10.0, exponent), 'g', 4)
                                   : QStringLiteral("1e%1").arg(exponent);
}

QString figure(double value)
{
    return QLocale().toString(value, 'g', 3);
}

} // namespace

double RooflineView::Decades::fraction(double value) const
{
    return (std::log10(std::max(value, 1e-12)) - low) / double(high - low);
}

RooflineView::RooflineView(int target, QWidget* parent) : QWidget(parent), m_target(target)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Roofline"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void RooflineView::setPoints(std::vector<RooflinePoint> points)
{
    std::erase_if(points, [](const RooflinePoint& point) {
        return !(point.roof.macs_per_byte > 0) || !(point.roof.macs_per_cycle > 0);
    });
    std::ranges::stable_sort(points, {},
                             [](const RooflinePoint& p) { return p.roof.macs_per_byte; });
    m_points = std::move(points);
    double slowest = 1;
    double fastest = 1;
    for (const auto& point : m_points) {
        slowest = std::min(slowest, point.roof.macs_per_cycle);
        fastest = std::max({fastest, point.roof.compute_roof, point.roof.macs_per_cycle});
    }
    const double least = m_points.empty() ? 1 : m_points.front().roof.macs_per_byte;
    const double most = m_points.empty() ? 1 : m_points.back().roof.macs_per_byte;
    m_intensity.low = int(std::floor(std::log10(least)));
    m_intensity.high = std::max(m_intensity.low + 1, int(std::ceil(std::log10(most))));
    m_speed.low = int(std::floor(std::log10(slowest)));
    m_speed.high = std::max(m_speed.low + 1, int(std::ceil(std::log10(fastest))));
    update();
}

void RooflineView::setSelected(int layer)
{
    m_selected = layer;
    const auto* point = find(layer);
    setAccessibleDescription(point == nullptr ? QString() : describe(*point));
    update();
}

const RooflinePoint* RooflineView::find(int layer) const
{
    const auto found = std::ranges::find(m_points, layer, &RooflinePoint::layer);
    return found == m_points.end() ? nullptr : &*found;
}

QRectF RooflineView::plot() const
{
    return QRectF(rect()).adjusted(left_margin, other_margin, -other_margin, -bottom_margin);
}

QPointF RooflineView::place(double macs_per_byte, double macs_per_cycle) const
{
    const auto area = plot();
    return {area.left() + m_intensity.fraction(macs_per_byte) * area.width(),
            area.bottom() - m_speed.fraction(macs_per_cycle) * area.height()};
}

QPointF RooflineView::positionOf(int layer) const
{
    const auto* point = find(layer);
    return point == nullptr ? QPointF()
                            : place(point->roof.macs_per_byte, point->roof.macs_per_cycle);
}

int RooflineView::layerAt(QPointF position) const
{
    int nearest = -1;
    double distance = reach;
    for (const auto& point : m_points) {
        const auto away = place(point.roof.macs_per_byte, point.roof.macs_per_cycle) - position;
        if (const double length = std::hypot(away.x(), away.y()); length < distance) {
            distance = length;
            nearest = point.layer;
        }
    }
    return nearest;
}

QString RooflineView::describe(const RooflinePoint& point) const
{
    const auto& roof = point.roof;
    return tr("%1\n%2 MAC/cycle at %3 MAC/byte\nkernel %4 MAC/cycle, DMA %5 MAC/cycle")
        .arg(point.name, figure(roof.macs_per_cycle), figure(roof.macs_per_byte),
             figure(roof.compute_roof), figure(roof.bandwidth_roof));
}

bool RooflineView::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const auto* point = find(layerAt(help->pos()));
        if (point == nullptr)
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), describe(*point), this);
        return true;
    }
    return QWidget::event(event);
}

void RooflineView::mousePressEvent(QMouseEvent* event)
{
    const int layer = event->button() == Qt::LeftButton ? layerAt(event->position()) : -1;
    if (layer >= 0)
        Q_EMIT layerChosen(layer);
    else
        QWidget::mousePressEvent(event);
}

void RooflineView::keyPressEvent(QKeyEvent* event)
{
    const bool left = event->key() == Qt::Key_Left;
    if (m_points.empty() || (!left && event->key() != Qt::Key_Right))
        return QWidget::keyPressEvent(event);
    const auto at = std::ranges::find(m_points, m_selected, &RooflinePoint::layer);
    auto index = at == m_points.end() ? std::ptrdiff_t(0) : at - m_points.begin() + (left ? -1 : 1);
    index = std::clamp(index, std::ptrdiff_t(0), std::ptrdiff_t(m_points.size()) - 1);
    Q_EMIT layerChosen(m_points[std::size_t(index)].layer);
}

void RooflineView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_points.empty()) {
        painter.setPen(Theme::of(palette()).secondary);
        painter.drawText(rect(), Qt::AlignCenter,
                         tr("No layer with multiply-accumulates runs here."));
        return;
    }
    paintAxes(painter);
    paintRoofs(painter);
    paintPoints(painter);
}

void RooflineView::paintAxes(QPainter& painter) const
{
    const auto& theme = Theme::of(palette());
    const auto area = plot();
    const double line = painter.fontMetrics().height();
    for (int exponent = m_speed.low; exponent <= m_speed.high; ++exponent) {
        const double y = place(1, std::pow(10.0, exponent)).y();
        painter.setPen(theme.hairline);
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(theme.secondary);
        painter.drawText(QRectF(0, y - line / 2, left_margin - 8, line),
                         Qt::AlignRight | Qt::AlignVCenter, decadeLabel(exponent));
    }
    for (int exponent = m_intensity.low; exponent <= m_intensity.high; ++exponent) {
        const double x = place(std::pow(10.0, exponent), 1).x();
        painter.drawText(QRectF(x - 30, area.bottom() + 4, 60, line), Qt::AlignHCenter,
                         decadeLabel(exponent));
    }
    painter.drawText(QRectF(area.left(), area.bottom() + 6 + line, area.width(), line),
                     Qt::AlignCenter, tr("MAC per byte moved"));
    painter.save();
    painter.translate(line / 2 + 2, area.center().y());
    painter.rotate(-90);
    painter.drawText(QRectF(-area.height() / 2, -line / 2, area.height(), line), Qt::AlignCenter,
                     tr("MAC/cycle"));
    painter.restore();
}

void RooflineView::paintRoofs(QPainter& painter) const
{
    const auto& theme = Theme::of(palette());
    const auto area = plot();
    painter.save();
    painter.setClipRect(area.adjusted(0, -1, 0, 1));
    const double bandwidth = m_points.front().roof.bytes_per_cycle;
    std::set<double> roofs;
    for (const auto& point : m_points)
        roofs.insert(point.roof.compute_roof);
    const double highest = *roofs.rbegin();
    painter.setPen(QPen(theme.secondary, 1.5));
    const double first = std::pow(10.0, m_intensity.low);
    const double last = std::pow(10.0, m_intensity.high);
    painter.drawLine(place(first, first * bandwidth), place(highest / bandwidth, highest));
    painter.setPen(QPen(theme.secondary, 1, Qt::DashLine));
    for (const double roof : roofs)
        painter.drawLine(place(roof / bandwidth, roof), place(last, roof));
    painter.restore();
}

void RooflineView::paintPoints(QPainter& painter) const
{
    const auto& theme = Theme::of(palette());
    for (const auto& point : m_points) {
        const auto at = place(point.roof.macs_per_byte, point.roof.macs_per_cycle);
        painter.setPen(QPen(theme.panel, 1));
        painter.setBrush(theme.accent(m_target));
        painter.drawEllipse(at, point_radius, point_radius);
    }
    if (const auto* chosen = find(m_selected)) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.text, 2));
        painter.drawEllipse(positionOf(chosen->layer), ring_radius, ring_radius);
    }
}

} // namespace bitdial
