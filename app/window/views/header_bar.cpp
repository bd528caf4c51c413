// SPDX-License-Identifier: Apache-2.0
#include "app/window/views/header_bar.h"

#include "widgets/views/fact_grid.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

namespace bitdial {
namespace {

QToolButton* buttonFor(QAction* action, const QString& text, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setText(text);
    button->setAccessibleName(action->text().remove(u'&'));
    button->setFocusPolicy(Qt::StrongFocus);
    // An action that changes its text (Undo …) does not change the button's.
    QObject::connect(action, &QAction::changed, button, [button, text] { button->setText(text); });
    return button;
}

} // namespace

HeaderBar::HeaderBar(const Actions& actions, QWidget* parent)
    : QWidget(parent), m_network(new QLabel(this)), m_file(new QLabel(this))
{
    setAttribute(Qt::WA_StyledBackground);
    setLook(this, QStringLiteral("panel"));
    for (auto* label : {m_network, m_file})
        label->setTextFormat(Qt::PlainText);
    setLook(m_network, QStringLiteral("name"));
    setLook(m_file, QStringLiteral("secondary"));
    auto* menu = new QToolButton(this);
    menu->setText(tr("Menu"));
    menu->setMenu(actions.menu);
    menu->setPopupMode(QToolButton::InstantPopup);
    menu->setFocusPolicy(Qt::StrongFocus);
    auto* search = buttonFor(actions.search, tr("Search…"), this);
    setLook(search, QStringLiteral("primary"));

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 7, 14, 7);
    row->setSpacing(8);
    row->addWidget(menu);
    row->addSpacing(4);
    row->addWidget(m_network);
    row->addSpacing(4);
    row->addWidget(m_file);
    row->addStretch(1);
    row->addWidget(buttonFor(actions.open, tr("Open…"), this));
    row->addWidget(buttonFor(actions.undo, tr("Undo"), this));
    row->addWidget(buttonFor(actions.redo, tr("Redo"), this));
    row->addWidget(buttonFor(actions.export_point, tr("Export…"), this));
    row->addWidget(search);
    setDocument({}, {}, {});
}

void HeaderBar::setDocument(const QString& network, const QString& file,
                            const QString& file_tool_tip)
{
    m_network->setText(network.isEmpty() ? tr("Bitdial") : network);
    m_file->setText(file);
    m_file->setToolTip(file_tool_tip);
}

} // namespace bitdial
