// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/constraint_fields.h"

#include "core/base/error.h"

#include <QFormLayout>
#include <QLineEdit>

namespace bitdial {
namespace {

QStringList parts(const QLineEdit* field)
{
    QStringList texts;
    for (const auto& part : field->text().split(u',', Qt::SkipEmptyParts))
        if (!part.trimmed().isEmpty())
            texts << part.trimmed();
    return texts;
}

template <typename Value, typename Read>
std::vector<Value> valuesOf(const QLineEdit* field, const Read& read)
{
    std::vector<Value> values;
    try {
        for (const auto& part : parts(field))
            values.push_back(read(part.toStdString()));
    } catch (const Error&) {
        return {}; // fault() says what is wrong
    }
    return values;
}

template <typename Values, typename Write>
void write(QLineEdit* field, const Values& values, const Write& text)
{
    QStringList texts;
    for (const auto& value : values)
        texts << QString::fromStdString(text(value));
    field->setText(texts.join(QStringLiteral(", ")));
}

/// The first thing in the field that cannot be read.
template <typename Read> QString faultOf(const QLineEdit* field, const Read& read)
{
    try {
        for (const auto& part : parts(field))
            read(part.toStdString());
        return {};
    } catch (const Error& error) {
        const auto& details = error.details();
        return QStringLiteral("%1: %2. %3")
            .arg(QString::fromStdString(details.where), QString::fromStdString(details.why),
                 QString::fromStdString(details.next));
    }
}

} // namespace

ConstraintFields::ConstraintFields(const QStringList& targets, QFormLayout* form)
    : QObject(form->parentWidget()),
      m_targets(targets),
      m_limits(new QLineEdit(form->parentWidget())),
      m_locks(new QLineEdit(form->parentWidget()))
{
    QStringList axes;
    for (const CostAxis axis : costAxes())
        axes << QString::fromLatin1(costAxisName(axis));
    m_limits->setPlaceholderText(tr("none, or such as latency_ms=5"));
    m_limits->setToolTip(tr("What a point may cost at most, with commas between several: %1. "
                            "TARGET: in front is for one target alone")
                             .arg(axes.join(QStringLiteral(", "))));
    m_limits->setAccessibleName(tr("Limits"));
    m_locks->setPlaceholderText(tr("none, or such as first=8, last=8"));
    m_locks->setToolTip(tr("What keeps its width, with commas between several: a layer or a tensor "
                           "(* and ? stand for any letters), a kind of layers such as depthwise, "
                           "first or last"));
    m_locks->setAccessibleName(tr("Locked widths"));
    form->addRow(tr("&Limits"), m_limits);
    form->addRow(tr("Loc&ked widths"), m_locks);
    for (auto* field : {m_limits, m_locks})
        connect(field, &QLineEdit::textChanged, this, &ConstraintFields::changed);
}

std::vector<Budget> ConstraintFields::budgets() const
{
    return valuesOf<Budget>(m_limits, budgetFromText);
}

std::vector<WidthLock> ConstraintFields::locks() const
{
    return valuesOf<WidthLock>(m_locks, lockFromText);
}

void ConstraintFields::show(const SearchRequest& request)
{
    write(m_limits, request.budgets, budgetText);
    write(m_locks, request.locks, lockText);
}

void ConstraintFields::setEnabled(bool enabled)
{
    m_limits->setEnabled(enabled);
    m_locks->setEnabled(enabled);
}

QString ConstraintFields::fault() const
{
    if (auto limits = faultOf(m_limits, budgetFromText); !limits.isEmpty())
        return limits;
    for (const auto& budget : budgets())
        if (const auto target = QString::fromStdString(budget.profile);
            !target.isEmpty() && !m_targets.contains(target))
            return tr("'%1' is not among the targets").arg(target);
    return faultOf(m_locks, lockFromText);
}

} // namespace bitdial
