// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/mark_legend.h"

#include "widgets/charts/chart_points.h"
#include "widgets/charts/scene_painter.h"
#include "widgets/style/theme.h"

#include <QEvent>
#include <QPainter>

#include <cmath>

namespace bitdial {
namespace {

LegendWords legendWords()
{
    const auto word = [](const char* text) { return MarkLegend::tr(text).toStdString(); };
    LegendWords words;
    words.families = {word(QT_TR_NOOP("uniform")),       word(QT_TR_NOOP("trained")),
                      word(QT_TR_NOOP("post-training")), word(QT_TR_NOOP("evolutionary")),
                      word(QT_TR_NOOP("by hand")),       word(QT_TR_NOOP("other method"))};
    words.roles = {word(QT_TR_NOOP("reference")), word(QT_TR_NOOP("found for any target")),
                   word(QT_TR_NOOP("refined for one")), word(QT_TR_NOOP("by hand"))};
    words.beaten = word(QT_TR_NOOP("beaten by others"));
    words.incomparable = word(QT_TR_NOOP("measured in another way"));
    return words;
}

} // namespace

MarkLegend::MarkLegend(const PointModel* model, QWidget* parent) : QWidget(parent), m_model(model)
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Legend of the charts"));
    connect(model, &PointModel::pointsChanged, this, &MarkLegend::refresh);
    refresh();
}

void MarkLegend::refresh()
{
    LegendContents contents;
    for (std::size_t target = 0; target < m_model->targets().size(); ++target) {
        const auto points = chartPoints(*m_model, int(target));
        for (const auto& point : points.points)
            contents.add(point.mark);
    }
    if (contents == m_contents)
        return;
    m_contents = contents;
    updateGeometry();
    update();
}

Legend MarkLegend::legendFor(int width) const
{
    const auto& theme = Theme::of(palette());
    return legendOf(m_contents, legendWords(), {2, 0, double(width - 4), pixelSizeOf(font()) * 0.9},
                    chartTheme(theme), rgbaOf(theme.secondary), fontTextWidth(font()));
}

int MarkLegend::heightForWidth(int width) const
{
    return int(std::ceil(legendFor(width).height));
}

QSize MarkLegend::sizeHint() const
{
    return {200, heightForWidth(std::max(width(), 200))};
}

void MarkLegend::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LanguageChange)
        updateGeometry();
}

void MarkLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintGroups(painter, {{{}, {}, legendFor(width()).shapes}}, font());
}

} // namespace bitdial
