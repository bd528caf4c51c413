// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/option_fields.h"

#include "app/window/dialogs/dialog_parts.h"
#include "core/base/error.h"
#include "core/search/option_values.h"
#include "widgets/views/arrow_combo_box.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>

namespace bitdial {

OptionFields::OptionFields(const MethodInfo& method, const QStringList& targets, QFormLayout* form)
    : m_method(method), m_form(form)
{
    for (const auto& option : m_method.options) {
        m_fields.push_back(makeField(option, targets));
        if (option.quick)
            form->addRow(QString::fromStdString(option.title), m_fields.back());
    }
    m_more = new QToolButton(form->parentWidget());
    m_more->setText(tr("More options"));
    m_more->setCheckable(true);
    m_more->setArrowType(Qt::RightArrow);
    m_more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_more->setAutoRaise(true);
    m_defaults = new QToolButton(form->parentWidget());
    m_defaults->setText(tr("Use the defaults"));
    m_defaults->setAutoRaise(true);
    for (auto* button : {m_more, m_defaults})
        button->setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_more);
    buttons->addWidget(m_defaults);
    buttons->addStretch(1);
    m_buttons = new QWidget(form->parentWidget());
    buttons->setContentsMargins(0, 0, 0, 0);
    m_buttons->setLayout(buttons);
    form->addRow(QString(), m_buttons);
    connect(m_defaults, &QToolButton::clicked, this, [this] { setValues({}); });
    connect(this, &OptionFields::changed, this, &OptionFields::refresh);
    for (std::size_t i = 0; i < m_fields.size(); ++i)
        if (const auto& option = m_method.options[i]; !option.quick) {
            form->addRow(QString::fromStdString(option.title), m_fields[i]);
            m_further.push_back(m_fields[i]);
        }
    connect(m_more, &QToolButton::toggled, this, &OptionFields::showMore);
    m_more->setVisible(!m_further.empty());
    setValues({});
    refresh();
    showMore(false);
}

OptionFields::~OptionFields()
{
    for (auto* field : m_fields)
        m_form->removeRow(field);
    m_form->removeRow(m_buttons);
}

QWidget* OptionFields::makeField(const OptionSpec& option, const QStringList& targets)
{
    QWidget* parent = m_form->parentWidget();
    QWidget* field = nullptr;
    if (option.type == OptionType::Count) {
        auto* box = new QSpinBox(parent);
        box->setRange(int(option.least), int(option.most));
        connect(box, &QSpinBox::valueChanged, this, &OptionFields::changed);
        field = box;
    } else if (option.type == OptionType::Choice || option.type == OptionType::Target) {
        auto* box = new ArrowComboBox(parent);
        if (option.type == OptionType::Target)
            box->addItem(tr("the first one"), QString());
        for (const auto& choice : option.choices)
            box->addItem(QString::fromStdString(choice), QString::fromStdString(choice));
        for (const auto& target : option.type == OptionType::Target ? targets : QStringList())
            box->addItem(target, target);
        connect(box, &QComboBox::currentIndexChanged, this, &OptionFields::changed);
        field = box;
    } else {
        auto* edit = new QLineEdit(parent);
        edit->setPlaceholderText(option.value.empty() ? tr("none") : QString());
        connect(edit, &QLineEdit::textChanged, this, &OptionFields::changed);
        field = edit;
    }
    field->setAccessibleName(QString::fromStdString(option.title));
    const auto range = QString::fromStdString(rangeText(option));
    const auto help = QString::fromStdString(option.help);
    field->setToolTip(range.isEmpty() ? help : tr("%1 (%2)").arg(help, range));
    return field;
}

QString OptionFields::textOf(std::size_t index) const
{
    const QWidget* field = m_fields[index];
    if (const auto* box = qobject_cast<const QSpinBox*>(field))
        return QString::number(box->value());
    if (const auto* box = qobject_cast<const QComboBox*>(field))
        return box->currentData().toString();
    return qobject_cast<const QLineEdit*>(field)->text().trimmed();
}

void OptionFields::setText(std::size_t index, const QString& text)
{
    QWidget* field = m_fields[index];
    if (auto* box = qobject_cast<QSpinBox*>(field))
        box->setValue(text.toInt());
    else if (auto* list = qobject_cast<QComboBox*>(field))
        list->setCurrentIndex(std::max(0, list->findData(text)));
    else
        qobject_cast<QLineEdit*>(field)->setText(text);
}

std::map<std::string, std::string> OptionFields::values() const
{
    std::map<std::string, std::string> values;
    for (std::size_t i = 0; i < m_fields.size(); ++i) {
        const auto& option = m_method.options[i];
        if (const auto text = textOf(i).toStdString(); text != option.value)
            values[option.key] = text;
    }
    return values;
}

void OptionFields::setValues(const std::map<std::string, std::string>& values)
{
    for (std::size_t i = 0; i < m_fields.size(); ++i) {
        const auto& option = m_method.options[i];
        const auto given = values.find(option.key);
        const bool is_given = given != values.end();
        setText(i, QString::fromStdString(is_given ? given->second : option.value));
        // What was chosen must be seen.
        if (is_given && given->second != option.value && !option.quick)
            m_more->setChecked(true);
    }
}

void OptionFields::setEnabled(bool enabled)
{
    for (auto* field : m_fields)
        field->setEnabled(enabled);
    m_defaults->setEnabled(enabled);
}

void OptionFields::refresh()
{
    m_defaults->setVisible(!values().empty());
}

QString OptionFields::fault() const
{
    try {
        const OptionValues checked(m_method, values());
    } catch (const Error& error) {
        const auto& details = error.details();
        for (const auto& option : m_method.options)
            if (option.key == details.where)
                return tr("%1: %2").arg(QString::fromStdString(option.title),
                                        QString::fromStdString(details.why));
        return QString::fromStdString(details.why);
    }
    return {};
}

void OptionFields::showMore(bool more)
{
    m_more->setArrowType(more ? Qt::DownArrow : Qt::RightArrow);
    for (auto* field : m_further) {
        field->setVisible(more);
        m_form->labelForField(field)->setVisible(more);
    }
    // A dialog only grows to its least size by itself, which squeezes what is in it.
    if (QWidget* window = m_form->parentWidget()->window(); window->isVisible())
        fitHeight(window);
}

} // namespace bitdial
