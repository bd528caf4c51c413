// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <QFrame>

class QLabel;

namespace bitdial {

/// An error or notice in its place in the window, until the user closes it or the next one comes.
/// Hidden while it has nothing to say.
class MessageBar : public QFrame {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    void showError(const Error& error);
    void showError(const ErrorDetails& error);
    void showNotice(const QString& text);
    void dismiss();
    /// The message as text, lines what, where: why, next; empty when hidden.
    QString text() const;

Q_SIGNALS:
    void dismissed();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void show(const QString& mark, const QString& title, const QString& detail, bool is_error);

    QLabel* m_mark;
    QLabel* m_title;
    QLabel* m_detail;
};

} // namespace bitdial
