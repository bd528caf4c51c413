// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/node_model.h"

#include <iterator>

namespace bitdial {

void NodeModel::setNodes(std::vector<NodeReport> nodes)
{
    beginResetModel();
    m_nodes = std::move(nodes);
    endResetModel();
}

int NodeModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_nodes.size());
}

int NodeModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString NodeModel::text(const NodeReport& node, int column) const
{
    switch (column) {
    case Name:
        return QString::fromStdString(node.name);
    case Operator:
        return QString::fromStdString(node.op);
    case Detail:
        return QString::fromStdString(node.detail);
    default:
        break;
    }
    switch (node.fate) {
    case NodeFate::Quantizable:
        return tr("layer");
    case NodeFate::Fused:
        return tr("fused");
    case NodeFate::PassedThrough:
        return tr("passed through");
    case NodeFate::Unsupported:
        return tr("unsupported");
    }
    return {};
}

QVariant NodeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const auto& node = m_nodes[std::size_t(index.row())];
    if (role == Qt::DisplayRole)
        return text(node, index.column());
    if (role == Qt::ToolTipRole) // rich text would take a file's "<" for a tag
        return text(node, index.column()).toHtmlEscaped();
    return {};
}

QVariant NodeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString titles[] = {tr("Node"), tr("Operator"), tr("Became"), tr("Detail")};
    return section >= 0 && section < int(std::size(titles)) ? titles[section] : QVariant();
}

} // namespace bitdial
