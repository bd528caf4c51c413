// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/what_if_dialog.h"

#include "app/window/dialogs/dialog_parts.h"
#include "core/base/error.h"
#include "core/hardware/profile/override.h"
#include "widgets/views/arrow_combo_box.h"
#include "widgets/views/fact_grid.h"

#include <QDialogButtonBox>
#include <QDoubleValidator>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>

#include <utility>

namespace bitdial {
namespace {

enum Column { Name, Now, New, ColumnCount };

/// Takes numbers as profiles write them, whatever the user's language.
class NumberDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&,
                          const QModelIndex&) const override
    {
        auto* editor = new QLineEdit(parent);
        auto* numbers = new QDoubleValidator(editor);
        numbers->setLocale(QLocale::c());
        editor->setValidator(numbers);
        editor->setAlignment(Qt::AlignRight);
        return editor;
    }
};

QTableWidgetItem* fixedItem(const std::string& text, Qt::Alignment alignment)
{
    auto* item = new QTableWidgetItem(QString::fromStdString(text));
    item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    item->setTextAlignment(alignment | Qt::AlignVCenter);
    return item;
}

} // namespace

WhatIfDialog::WhatIfDialog(Profiles profiles, QWidget* parent)
    : QDialog(parent),
      m_profiles(std::move(profiles)),
      m_target(new ArrowComboBox(this)),
      m_filter(new QLineEdit(this)),
      m_figures(new QTableWidget(0, ColumnCount, this)),
      m_refusal(new QLabel(this))
{
    const auto parts = buildDialog(
        this, tr("What if…"),
        tr("Adds a target like this one with other figures beside it, until the project is closed. "
           "Type new values into the last column."),
        tr("Add target"));
    m_buttons = parts.buttons;
    for (const auto& profile : m_profiles)
        m_target->addItem(QString::fromStdString(profile->title()));
    m_filter->setPlaceholderText(tr("cores, l1, dma, conv 8/4/8…"));
    m_filter->setClearButtonEnabled(true);
    parts.form->addRow(tr("&Target"), m_target);
    parts.form->addRow(tr("&Find"), m_filter);
    auto* column = qobject_cast<QVBoxLayout*>(layout());
    column->insertWidget(column->indexOf(parts.form) + 1, m_figures, 100);
    m_refusal->setWordWrap(true);
    m_refusal->setTextFormat(Qt::PlainText);
    setLook(m_refusal, QStringLiteral("worse"));
    m_refusal->hide();
    column->insertWidget(column->indexOf(m_figures) + 1, m_refusal);
    m_figures->setAccessibleName(tr("Figures of the profile"));
    m_figures->setHorizontalHeaderLabels({tr("Figure"), tr("Now"), tr("What if")});
    for (const int numbers : {Now, New})
        m_figures->horizontalHeaderItem(numbers)->setTextAlignment(Qt::AlignRight |
                                                                   Qt::AlignVCenter);
    m_figures->setItemDelegateForColumn(New, new NumberDelegate(m_figures));
    m_figures->setShowGrid(false);
    m_figures->verticalHeader()->hide();
    m_figures->horizontalHeader()->setSectionResizeMode(Name, QHeaderView::Stretch);
    m_figures->setMinimumHeight(320);
    connect(m_target, &QComboBox::currentIndexChanged, this, &WhatIfDialog::showFigures);
    connect(m_filter, &QLineEdit::textChanged, this, &WhatIfDialog::filter);
    connect(m_figures, &QTableWidget::itemChanged, this, &WhatIfDialog::refresh);
    resize(620, 560);
    showFigures();
}

int WhatIfDialog::target() const
{
    return m_target->currentIndex();
}

void WhatIfDialog::showFigures()
{
    const QSignalBlocker quiet(m_figures);
    m_figures->setRowCount(0);
    if (target() < 0)
        return refresh();
    const auto figures = settableFigures(*m_profiles[std::size_t(target())]);
    m_figures->setRowCount(int(figures.size()));
    for (int row = 0; row < int(figures.size()); ++row) {
        const auto& figure = figures[std::size_t(row)];
        m_figures->setItem(row, Name, fixedItem(figure.path, Qt::AlignLeft));
        m_figures->setItem(row, Now, fixedItem(figure.value, Qt::AlignRight));
        auto* changed = new QTableWidgetItem;
        changed->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_figures->setItem(row, New, changed);
    }
    filter(m_filter->text());
    refresh();
}

/// Rows whose name has all the words.
void WhatIfDialog::filter(const QString& words)
{
    const auto wanted = words.split(u' ', Qt::SkipEmptyParts);
    for (int row = 0; row < m_figures->rowCount(); ++row) {
        const auto name = m_figures->item(row, Name)->text();
        bool hidden = false;
        for (const auto& word : wanted)
            hidden |= !name.contains(word, Qt::CaseInsensitive);
        m_figures->setRowHidden(row, hidden);
    }
}

std::vector<std::string> WhatIfDialog::settings() const
{
    std::vector<std::string> settings;
    for (int row = 0; row < m_figures->rowCount(); ++row) {
        const auto value = m_figures->item(row, New)->text().trimmed();
        if (!value.isEmpty() && value != m_figures->item(row, Now)->text())
            settings.push_back(m_figures->item(row, Name)->text().toStdString() + '=' +
                               value.toStdString());
    }
    return settings;
}

void WhatIfDialog::accept()
{
    try {
        overrideProfile(*m_profiles.at(std::size_t(target())), settings());
    } catch (const Error& error) {
        const auto& details = error.details();
        m_refusal->setText(
            QString::fromStdString(details.what + ": " + details.why + ". " + details.next));
        m_refusal->show();
        return;
    }
    QDialog::accept();
}

void WhatIfDialog::refresh()
{
    m_refusal->hide();
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(!settings().empty());
}

} // namespace bitdial
