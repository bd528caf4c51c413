// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/cost_dialog.h"

#include "widgets/charts/roofline_view.h"
#include "widgets/style/theme.h"
#include "widgets/views/arrow_combo_box.h"
#include "widgets/views/fact_grid.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace bitdial {

CostDialog::CostDialog(QWidget* parent)
    : QDialog(parent), m_layer(new ArrowComboBox(this)), m_row(new QHBoxLayout)
{
    setWindowTitle(tr("Where the time goes"));
    m_layer->setAccessibleName(tr("Layer"));
    m_layer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_layer->setMaxVisibleItems(20);
    auto* name = new QLabel(tr("&Layer"), this);
    name->setBuddy(m_layer);
    auto* head = new QHBoxLayout;
    head->addWidget(name);
    head->addWidget(m_layer, 1);
    m_row->setSpacing(24);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_layer, &QComboBox::currentIndexChanged, this, &CostDialog::refresh);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(12);
    column->addLayout(head);
    column->addLayout(m_row, 1);
    column->addWidget(buttons);
    resize(960, 640);
}

int CostDialog::layer() const
{
    return m_layer->currentIndex();
}

void CostDialog::setLayer(int layer)
{
    m_layer->setCurrentIndex(std::clamp(layer, 0, std::max(0, m_layer->count() - 1)));
}

void CostDialog::setExplanations(std::shared_ptr<const CostExplanations> explained,
                                 const std::vector<TargetInfo>& targets)
{
    const bool same_network = m_explained && m_explained->network == explained->network;
    m_explained = std::move(explained);
    const Network& network = *m_explained->network;
    if (!same_network) {
        QStringList names;
        for (const auto& layer : network.layers())
            names << QString::fromStdString(layer.name);
        const QSignalBlocker quiet(m_layer);
        m_layer->clear();
        m_layer->addItems(names);
    }
    std::vector<QString> titles;
    for (const auto& target : targets)
        titles.push_back(target.title);
    if (titles != m_titles) {
        m_titles = std::move(titles);
        rebuild(targets);
    }
    for (std::size_t t = 0; t < std::min(m_columns.size(), m_explained->targets.size()); ++t) {
        std::vector<RooflinePoint> points;
        for (int i = 0; i < network.layerCount(); ++i)
            points.push_back({i, QString::fromStdString(network.layer(i).name),
                              m_explained->targets[t][std::size_t(i)].roofline});
        m_columns[t].roofline->setPoints(std::move(points));
    }
    refresh();
}

void CostDialog::rebuild(const std::vector<TargetInfo>& targets)
{
    while (auto* item = m_row->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_columns.clear();
    for (int t = 0; t < int(targets.size()); ++t) {
        auto* widget = new QWidget(this);
        auto* column = new QVBoxLayout(widget);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(6);
        auto* title = new QLabel(widget);
        title->setTextFormat(Qt::RichText);
        title->setText(QStringLiteral("<span style=\"color:%1\">●</span>&nbsp; %2")
                           .arg(Theme::of(palette()).accent(t).name(),
                                targets[std::size_t(t)].title.toHtmlEscaped()));
        setLook(title, QStringLiteral("name"));
        auto* roofline = new RooflineView(t, widget);
        auto* text = new QLabel(widget);
        text->setTextFormat(Qt::PlainText); // names come from files of others
        text->setWordWrap(true);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
        column->addWidget(title);
        column->addWidget(roofline, 1);
        column->addWidget(text);
        m_row->addWidget(widget, 1);
        connect(roofline, &RooflineView::layerChosen, this, &CostDialog::setLayer);
        m_columns.push_back({roofline, text});
    }
}

void CostDialog::refresh()
{
    if (!m_explained)
        return;
    const auto chosen = std::size_t(std::max(0, layer()));
    for (std::size_t t = 0; t < std::min(m_columns.size(), m_explained->targets.size()); ++t) {
        m_columns[t].roofline->setSelected(int(chosen));
        if (chosen >= m_explained->targets[t].size())
            continue;
        QStringList lines;
        for (const auto& line : m_explained->targets[t][chosen].lines)
            lines << QString::fromStdString(line);
        m_columns[t].text->setText(lines.join(u'\n'));
    }
}

} // namespace bitdial
