// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/dialog_parts.h"

#include "widgets/views/fact_grid.h"

#include <QCheckBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

#include <algorithm>

namespace bitdial {

QFormLayout* dialogForm()
{
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(18);
    form->setVerticalSpacing(10);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    return form;
}

DialogParts buildDialog(QDialog* dialog, const QString& title, const QString& explanation,
                        const QString& accept)
{
    dialog->setWindowTitle(title);
    auto* column = new QVBoxLayout(dialog);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(14);
    auto* text = new QLabel(explanation, dialog);
    text->setWordWrap(true);
    text->setTextFormat(Qt::PlainText);
    setLook(text, QStringLiteral("secondary"));
    column->addWidget(text);
    auto* form = dialogForm();
    column->addLayout(form);
    column->addStretch(1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, dialog);
    buttons->button(QDialogButtonBox::Ok)->setText(accept);
    setLook(buttons->button(QDialogButtonBox::Ok), QStringLiteral("primary"));
    for (auto* button : buttons->buttons())
        button->setIcon({}); // some styles put pictures there
    column->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    dialog->setMinimumWidth(460);
    return {form, buttons, text};
}

QWidget* withBrowseButton(QLineEdit* edit, const QString& title, const QString& filter)
{
    auto* whole = new QWidget(edit->parentWidget());
    auto* row = new QHBoxLayout(whole);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(edit, 1);
    auto* button = new QPushButton(QObject::tr("Browse…"), whole);
    button->setAutoDefault(false);
    button->setAccessibleName(title);
    row->addWidget(button);
    QObject::connect(button, &QPushButton::clicked, edit, [edit, title, filter] {
        auto* dialog =
            new QFileDialog(edit->window(), title, QFileInfo(edit->text()).absolutePath(), filter);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(filter.isEmpty() ? QFileDialog::Directory : QFileDialog::ExistingFile);
        QObject::connect(dialog, &QFileDialog::fileSelected, edit, [edit](const QString& path) {
            edit->setText(path);
            Q_EMIT edit->textEdited(path);
        });
        dialog->open();
    });
    whole->setFocusProxy(edit);
    return whole;
}

void fitHeight(QWidget* window)
{
    // Neither the layout nor sizeHint() thinks of texts that need more lines when they are narrow.
    auto* layout = window->layout();
    layout->activate();
    const int wanted = layout->hasHeightForWidth() ? layout->totalHeightForWidth(window->width())
                                                   : layout->totalSizeHint().height();
    window->resize(window->width(), std::min(wanted, window->screen()->availableSize().height()));
}

void showText(QWidget* parent, const QString& title, const QString& text)
{
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* view = new QPlainTextEdit(text, dialog);
    view->setReadOnly(true);
    view->setAccessibleName(title);
    view->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* column = new QVBoxLayout(dialog);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(12);
    column->addWidget(view, 1);
    column->addWidget(buttons);
    dialog->resize(720, 520);
    dialog->open();
}

TargetChoice::TargetChoice(QFormLayout* form, const QString& label,
                           const std::vector<QString>& titles, QWidget* parent)
{
    auto* column = new QVBoxLayout;
    column->setSpacing(4);
    for (const auto& title : titles) {
        auto* box = new QCheckBox(title, parent);
        box->setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed); // never squeezed
        box->setChecked(true);
        column->addWidget(box);
        m_boxes.push_back(box);
    }
    form->addRow(label, column);
}

std::vector<int> TargetChoice::chosen() const
{
    std::vector<int> indices;
    for (int i = 0; i < int(m_boxes.size()); ++i)
        if (m_boxes[std::size_t(i)]->isChecked())
            indices.push_back(i);
    return indices;
}

void TargetChoice::setEnabled(bool enabled)
{
    for (auto* box : m_boxes)
        box->setEnabled(enabled);
}

} // namespace bitdial
