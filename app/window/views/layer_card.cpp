// SPDX-License-Identifier: Apache-2.0
#include "app/window/views/layer_card.h"

#include "app/window/document/document.h"
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"
#include "widgets/style/theme.h"
#include "widgets/views/fact_grid.h"
#include "widgets/views/layer_table.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace bitdial {
namespace {

QHBoxLayout* line()
{
    auto* row = new QHBoxLayout;
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(8);
    return row;
}

} // namespace

LayerCard::LayerCard(Document* document, QWidget* parent)
    : QFrame(parent),
      m_document(document),
      m_table(new LayerTable(document->layers(), this)),
      m_origin(new QLabel(this)),
      m_totals(new QLabel(this)),
      m_explain(new QPushButton(tr("Where the time goes…"), this))
{
    auto* title = new QLabel(tr("Layers"), this);
    auto* hint = new QLabel(tr("keys 2 4 8 set · Ctrl+Z undo"), this);
    setLook(title, QStringLiteral("name"));
    setLook(m_origin, QStringLiteral("secondary"));
    setLook(hint, QStringLiteral("secondary"));
    m_origin->setTextFormat(Qt::PlainText);
    m_totals->setTextFormat(Qt::RichText);
    m_totals->setWordWrap(true); // reasons why a target cannot run it are long
    for (auto* label : {m_origin, m_totals})
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* head = line();
    head->addWidget(title);
    head->addWidget(m_origin, 1);
    head->addWidget(hint);
    auto* foot = line();
    foot->addWidget(m_totals, 1);
    foot->addWidget(m_explain);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(1, 10, 1, 8);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_table, 1);
    column->addLayout(foot);
    setLook(this, QStringLiteral("card"));
    connect(m_explain, &QPushButton::clicked, this, &LayerCard::explainRequested);
    connect(document->layers(), &QAbstractItemModel::dataChanged, this, &LayerCard::refresh);
    connect(document->layers(), &QAbstractItemModel::modelReset, this, &LayerCard::refresh);
    connect(document->points(), &PointModel::selectedChanged, this, &LayerCard::refresh);
    refresh();
}

void LayerCard::setTargetVisible(int target, bool visible)
{
    m_table->setTargetVisible(target, visible);
}

void LayerCard::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        refresh();
}

QString LayerCard::totals() const
{
    const auto& theme = Theme::of(palette());
    QStringList parts;
    const auto& costs = m_document->costs();
    const auto& targets = m_document->targets();
    for (std::size_t t = 0; t < std::min(costs.size(), targets.size()); ++t) {
        const auto& cost = costs[t];
        const auto name =
            QStringLiteral("<span style='color:%1'>●</span> %2")
                .arg(theme.accent(int(t)).name(), targets[t].short_title.toHtmlEscaped());
        const auto tilde = cost.estimated ? QStringLiteral("~ ") : QString();
        const auto figures =
            cost.infeasible_reason.empty()
                ? tr("<b>%1%2</b> · %3 cycles")
                      .arg(tilde, milliseconds(cost.latency_ms), shortCount(cost.latency_cycles))
                : tr("cannot run: %1")
                      .arg(QString::fromStdString(cost.infeasible_reason).toHtmlEscaped());
        parts << name + QStringLiteral("&nbsp; ") + figures;
    }
    if (parts.isEmpty())
        return {};
    return tr("Total") + QStringLiteral(" &nbsp; ") + parts.join(QStringLiteral(" &nbsp;&nbsp; "));
}

void LayerCard::refresh()
{
    const auto* row = m_document->points()->find(m_document->points()->selected());
    QString origin;
    if (row != nullptr && !row->point.assignment.empty())
        origin = tr("point %1 · %2").arg(row->point.id).arg(originText(row->point.provenance));
    else if (m_document->isOpen())
        origin = tr("uniform 8/8, the start for changes by hand");
    m_origin->setText(origin);
    m_totals->setText(totals());
    m_explain->setEnabled(!m_document->costs().empty());
}

} // namespace bitdial
