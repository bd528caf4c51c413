// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/front_chart.h"

#include "widgets/charts/chart_points.h"
#include "widgets/charts/front_painter.h"
#include "widgets/models/point_model.h"
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"
#include "widgets/style/theme.h"
#include "widgets/views/fact_grid.h"

#include <QtCharts/QChart>
#include <QtCharts/QChartView>
#include <QtCharts/QValueAxis>

#include <QFontMetrics>
#include <QGraphicsLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <optional>

namespace bitdial {
namespace {

constexpr int frame_ms = 33; ///< at most 30 repaints a second

/// Draws everything between the axes; Qt Charts draws axes and grid.
class FrontItem : public QGraphicsItem {
public:
    explicit FrontItem(QChart* chart) : QGraphicsItem(chart), m_chart(chart)
    {
        setZValue(100); // above grid and axes
    }

    QRectF boundingRect() const override { return m_chart->rect(); }
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override
    {
        paintFront(*painter, picture());
    }
    FrontPicture picture() const
    {
        return {points, scales, m_chart->plotArea(), *theme, accent, font, selected, hovered};
    }

    ChartPoints points;
    ChartScales scales;
    const Theme* theme = &Theme::light();
    QColor accent;
    QFont font;
    qint64 selected = 0;
    qint64 hovered = 0;

private:
    QChart* m_chart;
};

void applyScale(QValueAxis* axis, const AxisScale& scale)
{
    axis->setRange(scale.low, scale.high);
    axis->setTickCount(scale.steps() + 1);
    axis->setLabelFormat(QStringLiteral("%.%1f").arg(scale.decimals()));
}

/// Height of a chart that its accuracy axis does not have: the latency axis and the margins.
constexpr int axis_and_margins = 70;

/// The longest title of the accuracy axis that fits; the sample count is also in every tool tip.
QString top1Title(const std::optional<Accuracy>& kind, int room, const QFontMetrics& metrics)
{
    if (!kind)
        return FrontChart::tr("top-1, %");
    const auto how = measuredHow(*kind);
    const auto count = QLocale().toString(kind->samples);
    const auto whole = FrontChart::tr("top-1, % (%1, n = %2)").arg(how, count);
    const auto tight = FrontChart::tr("top-1 % (%1 %2)").arg(how, count);
    for (const auto& title : {whole, tight})
        if (metrics.horizontalAdvance(title) <= room)
            return title;
    return FrontChart::tr("top-1 % (%1)").arg(how);
}

} // namespace

struct FrontChart::Private {
    QChart* chart = new QChart;
    QChartView* view = nullptr;
    QValueAxis* latency = new QValueAxis;
    QValueAxis* top1 = new QValueAxis;
    FrontItem* front = new FrontItem(chart);
    QLabel* empty = nullptr;
};

FrontChart::FrontChart(PointModel* model, int target, QWidget* parent)
    : QFrame(parent), m_model(model), m_target(target), d(std::make_unique<Private>())
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    d->chart->legend()->hide();
    d->chart->setBackgroundVisible(false);
    d->chart->setMargins(QMargins(2, 4, 10, 2));
    d->chart->layout()->setContentsMargins(0, 0, 0, 0);
    d->chart->setLocalizeNumbers(true);
    d->chart->addAxis(d->latency, Qt::AlignBottom);
    d->chart->addAxis(d->top1, Qt::AlignLeft);
    d->latency->setGridLineVisible(false);
    d->top1->setLineVisible(false);
    d->view = new QChartView(d->chart, this);
    d->view->setFrameShape(QFrame::NoFrame);
    d->view->setRenderHint(QPainter::Antialiasing);
    d->view->setBackgroundBrush(Qt::NoBrush);
    d->view->viewport()->setAutoFillBackground(false);
    d->view->setFocusPolicy(Qt::NoFocus);
    // The frame itself answers the mouse, in its own coordinates.
    d->view->setAttribute(Qt::WA_TransparentForMouseEvents);
    d->empty = new QLabel(d->view);
    d->empty->setAlignment(Qt::AlignCenter);
    d->empty->setWordWrap(true);
    setLook(d->empty, QStringLiteral("secondary"));
    buildHeader();

    m_refresh.setSingleShot(true);
    m_refresh.setInterval(frame_ms);
    connect(&m_refresh, &QTimer::timeout, this, &FrontChart::refresh);
    connect(model, &PointModel::pointsChanged, this, &FrontChart::refreshSoon);
    connect(model, &PointModel::selectedChanged, this, [this] { refreshHeader(); });
    connect(d->chart, &QChart::plotAreaChanged, this, [this] { d->front->update(); });
    setLook(this, QStringLiteral("card")); // last: it changes the palette, which changes colours
    refreshColors();
    refresh();
}

FrontChart::~FrontChart() = default;

void FrontChart::buildHeader()
{
    m_title = new QLabel(this);
    m_facts = new QLabel(this);
    m_count = new QLabel(this);
    m_title->setTextFormat(Qt::RichText);
    setLook(m_title, QStringLiteral("name"));
    setLook(m_facts, QStringLiteral("secondary"));
    setLook(m_count, QStringLiteral("secondary"));
    auto* row = new QHBoxLayout;
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(8);
    row->addWidget(m_title);
    row->addWidget(m_facts);
    row->addStretch(1);
    row->addWidget(m_count);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(1, 10, 1, 6);
    column->setSpacing(2);
    column->addLayout(row);
    column->addWidget(d->view, 1);
}

QSize FrontChart::minimumSizeHint() const
{
    return {280, 200};
}

void FrontChart::refreshSoon()
{
    if (!m_refresh.isActive())
        m_refresh.start();
}

void FrontChart::refresh()
{
    d->front->points = chartPoints(*m_model, m_target);
    refreshScales();
    refreshHeader();
}

void FrontChart::refreshScales()
{
    constexpr int least_label_width = 52;
    constexpr int least_label_height = 36;
    auto& front = *d->front;
    const auto& points = front.points;
    front.scales = chartScales(points, std::clamp(width() / least_label_width, 2, 10),
                               std::clamp(height() / least_label_height, 2, 8));
    applyScale(d->latency, front.scales.latency_ms);
    applyScale(d->top1, front.scales.top1);
    d->latency->setTitleText(tr("latency, ms"));
    d->top1->setTitleText(top1Title(points.kind, d->view->height() - axis_and_margins,
                                    QFontMetrics(d->top1->titleFont())));
    const auto text = emptyText();
    d->latency->setVisible(text.isEmpty());
    d->top1->setVisible(text.isEmpty());
    front.setVisible(text.isEmpty());
    d->empty->setText(text);
    d->empty->setVisible(!text.isEmpty());
    d->empty->setGeometry(d->view->rect().adjusted(20, 0, -20, 0));
    front.update();
}

QString FrontChart::emptyText() const
{
    const auto& points = d->front->points;
    if (!points.points.empty())
        return {};
    if (points.unmeasured > 0)
        return tr("No accuracy of this kind has been measured yet.");
    if (points.unable > 0)
        return tr("None of the points can run on this target.");
    return tr("No points yet. Start a search, or set the bits of a layer below.");
}

void FrontChart::refreshHeader()
{
    const auto& points = d->front->points;
    d->front->selected = m_model->selected();
    d->front->update();
    if (std::size_t(m_target) >= m_model->targets().size())
        return; // the model has other targets now; whoever reset it replaces the charts
    const auto& target = m_model->targets()[std::size_t(m_target)];
    m_title->setText(QStringLiteral("<span style=\"color:%1\">●</span>&nbsp; %2")
                         .arg(d->front->accent.name(), target.short_title.toHtmlEscaped()));
    m_facts->setText(target.facts());
    m_count->setText(tr("front %1 · %2 points").arg(points.front.size()).arg(points.points.size()));
    QStringList more;
    if (points.unmeasured > 0)
        more << tr("%1 points are not measured yet").arg(points.unmeasured);
    if (points.unable > 0)
        more << tr("%1 points cannot run on this target").arg(points.unable);
    m_count->setToolTip(more.join(u'\n'));
    setAccessibleName(tr("Accuracy over latency on %1").arg(target.title));
    const auto selected = describe(m_model->selected());
    setAccessibleDescription(m_count->text() + u'\n' +
                             (selected.isEmpty() ? tr("Left and Right walk along the front.")
                                                 : tr("Selected: %1").arg(selected)));
}

void FrontChart::refreshColors()
{
    const auto& theme = Theme::of(palette());
    d->front->theme = &theme;
    d->front->accent = theme.accent(m_target);
    QFont small = font();
    if (small.pointSizeF() > 0)
        small.setPointSizeF(small.pointSizeF() * 0.9);
    d->front->font = small;
    for (auto* axis : {d->latency, d->top1}) {
        axis->setLabelsColor(theme.secondary);
        axis->setTitleBrush(theme.secondary);
        axis->setGridLineColor(theme.hairline);
        axis->setLinePen(QPen(theme.hairline, 1));
        axis->setLabelsFont(small);
        axis->setTitleFont(small);
    }
    d->front->update();
}

QString FrontChart::describe(qint64 id) const
{
    const auto* row = id == 0 ? nullptr : m_model->find(id);
    if (row == nullptr || std::size_t(m_target) >= row->costs.size())
        return {};
    const auto& from = row->point.provenance;
    const auto& cost = row->costs[std::size_t(m_target)];
    auto first = tr("Point %1 · %2").arg(id).arg(originText(from));
    if (!from.label.empty())
        first += QStringLiteral(" · ") + QString::fromStdString(from.label);
    QStringList lines = {first};
    lines << (cost.infeasible_reason.empty()
                  ? tr("%1 (%2 cycles)")
                        .arg(milliseconds(cost.latency_ms),
                             QLocale().toString(cost.latency_cycles, 'f', 0))
                  : QString::fromStdString(cost.infeasible_reason));
    if (const auto* measured = row->measuredOn(m_target))
        lines << tr("measured: %1, %2")
                     .arg(measuredLatencyText(*measured), measuredLatencyHow(*measured));
    if (cost.estimated)
        lines << tr("~ some of its figures are unverified");
    if (const auto* accuracy = m_model->shownAccuracy(row->point))
        lines << accuracyText(*accuracy);
    if (row->stale)
        lines << tr("stale: measured on other data than the project has now");
    const int index = d->front->points.indexOf(id);
    if (index >= 0 && !d->front->points.points[std::size_t(index)].mark.comparable)
        lines << tr("measured in another way than the front: not compared with it");
    return lines.join(u'\n');
}

QPoint FrontChart::positionOf(qint64 id) const
{
    const int index = d->front->points.indexOf(id);
    if (index < 0)
        return {};
    const auto place = d->front->picture().place(d->front->points.points[std::size_t(index)]);
    const auto in_view = d->view->mapFromScene(d->chart->mapToScene(place));
    return d->view->viewport()->mapTo(this, in_view);
}

qint64 FrontChart::pointAt(QPoint position) const
{
    constexpr double reach = 10;
    constexpr double front_first = 3; ///< a front point wins over a cloud point this much nearer
    const auto in_view = d->view->viewport()->mapFrom(this, position);
    const auto at = d->chart->mapFromScene(d->view->mapToScene(in_view));
    const auto picture = d->front->picture();
    qint64 nearest = 0;
    double nearest_distance = reach;
    for (const auto& point : d->front->points.points) {
        const auto away = picture.place(point) - at;
        const double distance = std::hypot(away.x(), away.y());
        const double weighted = distance - (isLarge(point.mark) ? front_first : 0);
        if (distance < reach && weighted < nearest_distance) {
            nearest = point.id;
            nearest_distance = weighted;
        }
    }
    return nearest;
}

void FrontChart::activate(qint64 id)
{
    m_model->setSelected(id);
    Q_EMIT pointActivated(id);
}

void FrontChart::setHovered(qint64 id)
{
    if (id == d->front->hovered)
        return;
    d->front->hovered = id;
    d->front->update();
    setCursor(id == 0 ? Qt::ArrowCursor : Qt::PointingHandCursor);
}

void FrontChart::mousePressEvent(QMouseEvent* event)
{
    const auto id = event->button() == Qt::LeftButton ? pointAt(event->position().toPoint()) : 0;
    if (id != 0)
        activate(id);
    else
        QFrame::mousePressEvent(event);
}

void FrontChart::mouseMoveEvent(QMouseEvent* event)
{
    const auto id = pointAt(event->position().toPoint());
    if (id == 0)
        QToolTip::hideText();
    else if (id != d->front->hovered)
        QToolTip::showText(event->globalPosition().toPoint(), describe(id), this);
    setHovered(id);
}

void FrontChart::leaveEvent(QEvent* event)
{
    setHovered(0);
    QFrame::leaveEvent(event);
}

void FrontChart::keyPressEvent(QKeyEvent* event)
{
    const auto& points = d->front->points;
    int index = -1;
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)
        index = points.frontNeighbour(m_model->selected(), event->key() == Qt::Key_Left ? -1 : 1);
    else if (event->key() == Qt::Key_Home && !points.front.empty())
        index = points.front.front();
    else if (event->key() == Qt::Key_End && !points.front.empty())
        index = points.front.back();
    else
        return QFrame::keyPressEvent(event);
    if (index >= 0)
        activate(points.points[std::size_t(index)].id);
}

void FrontChart::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    refreshScales();
}

void FrontChart::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refreshColors();
        refreshHeader();
    }
}

} // namespace bitdial
