// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/message_bar.h"

#include "widgets/views/fact_grid.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QToolButton>

namespace bitdial {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent),
      m_mark(new QLabel(this)),
      m_title(new QLabel(this)),
      m_detail(new QLabel(this)),
      m_action(new QToolButton(this))
{
    setLook(this, QStringLiteral("card"));
    setLook(m_title, QStringLiteral("name"));
    setLook(m_detail, QStringLiteral("secondary"));
    for (auto* label : {m_title, m_detail}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    auto* close = new QToolButton(this);
    close->setText(tr("Close"));
    close->setAccessibleName(tr("Close this message"));
    close->setObjectName(QStringLiteral("close"));
    connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
    m_action->setObjectName(QStringLiteral("action"));
    m_action->setFocusPolicy(Qt::StrongFocus);
    connect(m_action, &QToolButton::clicked, this, &MessageBar::noticeActionTriggered);

    auto* texts = new QVBoxLayout;
    texts->setSpacing(3);
    texts->addWidget(m_title);
    texts->addWidget(m_detail);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 10, 10, 10);
    row->setSpacing(12);
    row->addWidget(m_mark, 0, Qt::AlignTop);
    row->addLayout(texts, 1);
    row->addWidget(m_action, 0, Qt::AlignTop);
    row->addWidget(close, 0, Qt::AlignTop);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    hide();
}

void MessageBar::showError(const Error& error)
{
    showError(error.details());
}

void MessageBar::showError(const ErrorDetails& error)
{
    const auto text = [](const std::string& part) { return QString::fromStdString(part); };
    QStringList lines;
    const auto gap = error.where.empty() || error.why.empty() ? QString() : QStringLiteral(": ");
    lines << text(error.where) + gap + text(error.why) << text(error.next);
    lines.removeAll(QString());
    const Message message{text(error.what), lines.join(u'\n')};
    std::erase(m_errors, message); // once is enough
    m_errors.push_back(message);
    refresh();
}

void MessageBar::showNotice(const QString& text, const QString& action)
{
    m_notice = text;
    m_notice_action = action;
    refresh();
}

void MessageBar::refresh()
{
    const bool is_error = !m_errors.empty();
    const auto message = is_error ? m_errors.back() : Message{m_notice, {}};
    const auto mark = !is_error              ? tr("Note")
                      : m_errors.size() == 1 ? tr("Error")
                                             : tr("%1 errors").arg(m_errors.size());
    m_mark->setText(mark);
    setLook(m_mark, is_error ? QStringLiteral("worse") : QStringLiteral("secondary"));
    m_title->setText(message.title);
    m_detail->setText(message.detail);
    m_detail->setVisible(!message.detail.isEmpty());
    m_action->setText(m_notice_action);
    m_action->setVisible(!is_error && !m_notice_action.isEmpty());
    setAccessibleName(mark + QStringLiteral(": ") + message.title);
    setAccessibleDescription(message.detail);
    setVisible(is_error || !m_notice.isEmpty());
}

void MessageBar::dismiss()
{
    if (isHidden())
        return;
    if (m_errors.empty())
        m_notice.clear();
    else
        m_errors.pop_back();
    refresh();
    if (isHidden())
        Q_EMIT dismissed();
}

void MessageBar::clear()
{
    m_errors.clear();
    m_notice.clear();
    refresh();
}

QString MessageBar::text() const
{
    if (isHidden())
        return {};
    return m_detail->text().isEmpty() ? m_title->text()
                                      : m_title->text() + u'\n' + m_detail->text();
}

void MessageBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        dismiss();
    else
        QFrame::keyPressEvent(event);
}

} // namespace bitdial
