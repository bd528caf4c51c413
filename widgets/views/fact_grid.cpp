// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/fact_grid.h"

#include "widgets/style/theme.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QStyle>
#include <QVariant>

namespace bitdial {
namespace {

/// The name with a dot in the target's accent before it.
QString named(const Fact& fact, const Theme& theme)
{
    if (fact.target < 0)
        return fact.name.toHtmlEscaped();
    return QStringLiteral("<span style=\"color:%1\">●</span>&nbsp; %2")
        .arg(theme.accent(fact.target).name(), fact.name.toHtmlEscaped());
}

} // namespace

FactGrid::FactGrid(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(5);
    m_grid->setColumnStretch(0, 1);
}

void FactGrid::setFacts(std::vector<Fact> facts)
{
    m_facts = std::move(facts);
    while (m_lines.size() < m_facts.size()) {
        Line line{new QLabel(this), new QLabel(this)};
        line.name->setTextFormat(Qt::RichText);
        line.value->setTextFormat(Qt::PlainText);
        line.value->setAlignment(Qt::AlignRight | Qt::AlignTop);
        const int row = int(m_lines.size());
        m_grid->addWidget(line.name, row, 0, Qt::AlignTop);
        m_grid->addWidget(line.value, row, 1, Qt::AlignRight | Qt::AlignTop);
        m_lines.push_back(line);
    }
    refresh();
}

void FactGrid::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        refresh(); // the dots have their colour in their text
}

void FactGrid::refresh()
{
    const auto& theme = Theme::of(palette());
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        auto [name, value] = m_lines[i];
        name->setVisible(i < m_facts.size());
        value->setVisible(i < m_facts.size());
        if (i >= m_facts.size())
            continue;
        const auto& fact = m_facts[i];
        place(int(i), value, fact.name.isEmpty());
        name->setText(named(fact, theme));
        setLook(name, fact.target < 0 ? QStringLiteral("secondary") : QString());
        value->setText(fact.value);
        value->setAccessibleName(fact.name + QStringLiteral(": ") + fact.value);
        setLook(value, fact.look);
        name->setToolTip(fact.tool_tip);
        value->setToolTip(fact.tool_tip);
    }
}

/// A value without a name goes on with the line above and has the whole width for it.
void FactGrid::place(int row, QWidget* value, bool whole_width)
{
    int old_row = 0;
    int column = 0;
    int rows = 0;
    int columns = 0;
    m_grid->getItemPosition(m_grid->indexOf(value), &old_row, &column, &rows, &columns);
    if ((column == 0) == whole_width)
        return;
    m_grid->removeWidget(value);
    m_grid->addWidget(value, row, whole_width ? 0 : 1, 1, whole_width ? 2 : 1,
                      Qt::AlignRight | Qt::AlignTop);
}

void setLook(QWidget* widget, const QString& look)
{
    if (widget->property("look").toString() == look)
        return;
    widget->setProperty("look", look);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

} // namespace bitdial
