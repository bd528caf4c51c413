// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <vector>

class QCheckBox;
class QDialog;
class QDialogButtonBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QVBoxLayout;
class QWidget;

namespace bitdial {

/// What the window's dialogs have in common: a title line, a form, a row of buttons.
struct DialogParts {
    QFormLayout* form;
    QDialogButtonBox* buttons;
    QLabel* explanation;
};
/// An empty form with the spacing of all dialogs.
QFormLayout* dialogForm();
/// `accept` names what the dialog does.
DialogParts buildDialog(QDialog* dialog, const QString& title, const QString& explanation,
                        const QString& accept);

/// Gives a dialog, or the window that a widget is in, the height that its contents want, as far as
/// the screen has it.
void fitHeight(QWidget* window);

/// The edit with a button behind it that lets the user choose a folder or, with a filter, an
/// existing file. What is chosen counts as edited by the user.
QWidget* withBrowseButton(QLineEdit* edit, const QString& title, const QString& filter = {});

/// Shows text that can be read and copied, until the user closes it.
void showText(QWidget* parent, const QString& title, const QString& text);

/// Check boxes for the targets of a search or project, all checked at first.
class TargetChoice {
public:
    TargetChoice(QFormLayout* form, const QString& label, const std::vector<QString>& titles,
                 QWidget* parent);
    std::vector<int> chosen() const; ///< indices
    const std::vector<QCheckBox*>& boxes() const { return m_boxes; }
    void setEnabled(bool enabled);

private:
    std::vector<QCheckBox*> m_boxes;
};

} // namespace bitdial
