// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/rung_comparison.h"

#include <QAbstractTableModel>

#include <memory>

namespace bitdial {

/// How many of each layer's codes differ between the fake and the integer rung; one row per layer,
/// read-only.
class RungLayerModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Elements, Differing, Share, Largest, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setCodes(std::shared_ptr<const Network> network, CodeComparison codes);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const QModelIndex& index) const;

    std::shared_ptr<const Network> m_network; ///< null: nothing is shown
    CodeComparison m_codes;
};

} // namespace bitdial
