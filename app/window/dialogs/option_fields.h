// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/method_info.h"

#include <QObject>
#include <QStringList>

#include <map>
#include <string>
#include <vector>

class QFormLayout;
class QLabel;
class QToolButton;
class QWidget;

namespace bitdial {

/// A field for each option of a search method, made from what the method says of them: those for
/// a quick look at once, the others behind "More options".
class OptionFields : public QObject {
    Q_OBJECT

public:
    /// Adds rows to the form; they go when the fields do.
    OptionFields(const MethodInfo& method, const QStringList& targets, QFormLayout* form);
    ~OptionFields() override;

    /// What differs from the defaults, by key.
    std::map<std::string, std::string> values() const;
    /// Defaults where `values` has none.
    void setValues(const std::map<std::string, std::string>& values);
    void setEnabled(bool enabled);
    /// Why some value is refused, for the user; empty: none is.
    QString fault() const;

Q_SIGNALS:
    void changed();

private:
    QWidget* makeField(const OptionSpec& option, const QStringList& targets);
    QString textOf(std::size_t index) const;
    void setText(std::size_t index, const QString& text);
    void showMore(bool more);
    void refresh();

    MethodInfo m_method;
    QFormLayout* m_form;
    std::vector<QWidget*> m_fields;  ///< by option
    std::vector<QWidget*> m_further; ///< those behind the button
    QToolButton* m_more = nullptr;
    QWidget* m_buttons = nullptr;      ///< the row of the two
    QToolButton* m_defaults = nullptr; ///< shown where some value is not the default
};

} // namespace bitdial
