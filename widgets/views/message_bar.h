// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <QFrame>

#include <vector>

class QLabel;
class QToolButton;

namespace bitdial {

/// Errors and notices in their place in the window. An error stays until the user closes it; of
/// several the latest is shown, then those before it. A notice stays until the user closes it or
/// the next one comes, and is shown after the errors. Hidden while it has nothing to say.
class MessageBar : public QFrame {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    void showError(const Error& error);
    void showError(const ErrorDetails& error);
    /// With `action` a button of that name stands behind it.
    void showNotice(const QString& text, const QString& action = {});
    /// As the user does it: closes the message shown; the one before it appears.
    void dismiss();
    /// Closes all.
    void clear();
    /// The message as text, lines what, where: why, next; empty when hidden.
    QString text() const;

Q_SIGNALS:
    void dismissed();
    /// The notice's button was pressed.
    void noticeActionTriggered();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Message {
        QString title;
        QString detail;
        bool operator==(const Message&) const = default;
    };
    void refresh();

    std::vector<Message> m_errors; ///< unread ones, the latest last
    QString m_notice;              ///< empty: none
    QString m_notice_action;       ///< empty: none
    QLabel* m_mark;
    QLabel* m_title;
    QLabel* m_detail;
    QToolButton* m_action;
};

} // namespace bitdial
