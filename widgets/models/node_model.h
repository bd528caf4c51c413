// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <QAbstractTableModel>

#include <vector>

namespace bitdial {

/// What became of every node of an imported file; one row each, read-only.
class NodeModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Operator, Fate, Detail, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setNodes(std::vector<NodeReport> nodes);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const NodeReport& node, int column) const;

    std::vector<NodeReport> m_nodes;
};

} // namespace bitdial
