// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/session/search_request.h"

#include <QObject>
#include <QStringList>

#include <vector>

class QFormLayout;
class QLineEdit;

namespace bitdial {

/// What a search's points may cost and which widths it leaves alone, as text: one field each, with
/// commas between several.
class ConstraintFields : public QObject {
    Q_OBJECT

public:
    /// Adds rows to the form.
    ConstraintFields(const QStringList& targets, QFormLayout* form);

    /// What is written there; of no use while there is a fault.
    std::vector<Budget> budgets() const;
    std::vector<WidthLock> locks() const;
    void show(const SearchRequest& request);
    void setEnabled(bool enabled);
    /// Why something written there is refused, for the user; empty: nothing is.
    QString fault() const;

Q_SIGNALS:
    void changed();

private:
    QStringList m_targets; ///< names
    QLineEdit* m_limits;
    QLineEdit* m_locks;
};

} // namespace bitdial
