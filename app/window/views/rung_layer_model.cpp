// SPDX-License-Identifier: Apache-2.0
#include "app/window/views/rung_layer_model.h"

#include "core/base/shown_name.h"
#include "widgets/style/figures.h"

#include <QLocale>

#include <iterator>
#include <utility>

namespace bitdial {
namespace {

constexpr int share_decimals = 3;

QString count(std::int64_t value)
{
    return QLocale().toString(qlonglong(value));
}

} // namespace

void RungLayerModel::setCodes(std::shared_ptr<const Network> network, CodeComparison codes)
{
    beginResetModel();
    m_network = std::move(network);
    m_codes = std::move(codes);
    endResetModel();
}

int RungLayerModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_codes.layers.size());
}

int RungLayerModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString RungLayerModel::text(const QModelIndex& index) const
{
    const auto& codes = m_codes.layers[std::size_t(index.row())];
    switch (index.column()) {
    case Name:
        return QString::fromStdString(shownName(m_network->layer(index.row()).name));
    case Elements:
        return count(codes.elements);
    case Differing:
        return count(codes.differing);
    case Share:
        return percent(double(codes.differing) / double(codes.elements), share_decimals);
    default:
        return count(codes.largest);
    }
}

QVariant RungLayerModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    if (role == Qt::DisplayRole)
        return text(index);
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    return {};
}

QVariant RungLayerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    const QString titles[] = {tr("Layer"), tr("Codes"), tr("Differing"), tr("Share"),
                              tr("Largest")};
    const QString tool_tips[] = {tr("In execution order"), tr("Output integers over all images"),
                                 tr("Codes that fake and integer give differently"),
                                 tr("Differing codes of all"),
                                 tr("Largest difference, in steps of the layer's output")};
    if (role == Qt::DisplayRole)
        return titles[section];
    return role == Qt::ToolTipRole ? tool_tips[section] : QVariant();
}

} // namespace bitdial
