// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/layer_model.h"
#include "core/quantization/widths.h"

#include "widgets/style/figures.h"

#include <algorithm>

namespace bitdial {

LayerModel::LayerModel(QObject* parent) : QAbstractTableModel(parent) {}

void LayerModel::reset(std::shared_ptr<const Network> network, std::vector<TargetInfo> targets)
{
    beginResetModel();
    m_network = std::move(network);
    m_groups.reset();
    if (m_network)
        m_groups.emplace(*m_network);
    m_targets = std::move(targets);
    m_assignment = {};
    m_costs.clear();
    m_largest_ms = 0;
    endResetModel();
}

void LayerModel::setAssignment(const BitAssignment& assignment, std::vector<NetworkCost> costs)
{
    m_assignment = assignment;
    m_costs = std::move(costs);
    m_largest_ms = 0;
    for (std::size_t t = 0; t < m_costs.size(); ++t)
        for (const auto& layer : m_costs[t].layers)
            m_largest_ms =
                std::max(m_largest_ms, layer.latency_cycles / m_targets[t].clock_hz * 1e3);
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int LayerModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_network ? 0 : m_network->layerCount();
}

int LayerModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : boundColumn() + 1;
}

const LayerCost* LayerModel::cost(int target, int layer) const
{
    if (std::size_t(target) >= m_costs.size())
        return nullptr;
    const auto& layers = m_costs[std::size_t(target)].layers;
    return std::size_t(layer) < layers.size() ? &layers[std::size_t(layer)] : nullptr;
}

int LayerModel::activationTensor(int layer, int column) const
{
    const auto& l = m_network->layer(layer);
    return column == In ? l.inputs.front() : l.output;
}

std::optional<int> LayerModel::bits(int layer, int column) const
{
    if (m_assignment.empty())
        return std::nullopt;
    if (column != Weight)
        return m_assignment.activationBits(activationTensor(layer, column));
    if (!m_network->layer(layer).hasWeights())
        return std::nullopt;
    return m_assignment.weightBits(layer);
}

QString LayerModel::lockReason(int layer, int column) const
{
    if (column == Weight || !m_groups)
        return {};
    const int tensor = activationTensor(layer, column);
    if (!m_groups->isFixed(m_groups->groupOf(tensor)))
        return {};
    if (tensor == m_network->input())
        return tr("the network's input");
    return tensor == m_network->output() ? tr("the network's output")
                                         : tr("tied to the network's input or output");
}

QString LayerModel::shapeText(const Layer& layer) const
{
    const auto& g = layer.geometry;
    auto channels = QStringLiteral("%1→%2").arg(QString::number(g.input.channels),
                                                QString::number(g.output.channels));
    const auto window = QStringLiteral("%1×%2").arg(QString::number(g.kernel_height),
                                                    QString::number(g.kernel_width));
    const auto stride = g.stride_y > 1 ? QStringLiteral(" s%1").arg(g.stride_y) : QString();
    switch (layer.kind) {
    case LayerKind::Conv:
        return window + u' ' + channels + stride;
    case LayerKind::DepthwiseConv:
        return window + u' ' + tr("dw %1").arg(g.output.channels) + stride;
    case LayerKind::Linear:
        return channels;
    case LayerKind::Add:
        return tr("add");
    case LayerKind::AveragePool:
        return tr("avg %1").arg(window);
    case LayerKind::MaxPool:
        return tr("max %1").arg(window);
    case LayerKind::Concat:
        return tr("concat %1").arg(g.output.channels);
    case LayerKind::Elementwise:
        return tr("activation");
    case LayerKind::Unsupported:
        return tr("unsupported");
    }
    return {};
}

QString LayerModel::boundText(int layer) const
{
    QStringList words;
    for (std::size_t t = 0; t < m_targets.size(); ++t) {
        const auto* c = cost(int(t), layer);
        if (c == nullptr)
            continue;
        const QString names[] = {tr("compute"), tr("transfer"), tr("L3"), tr("overhead")};
        words << (c->infeasible_reason.empty() ? names[int(c->bound)] : QStringLiteral("–"));
    }
    if (std::adjacent_find(words.begin(), words.end(), std::not_equal_to<>()) == words.end())
        words = words.mid(0, 1);
    return words.join(QStringLiteral(" / "));
}

QString LayerModel::text(int layer, int column) const
{
    const auto& l = m_network->layer(layer);
    if (column == Name)
        return QString::fromStdString(l.name);
    if (column == Shape)
        return shapeText(l);
    if (isBits(column)) {
        const auto width = bits(layer, column);
        return width ? QString::number(*width) : QStringLiteral("–");
    }
    if (column == Share)
        return {};
    if (column == boundColumn())
        return boundText(layer);
    const auto* c = cost(column - FirstTarget, layer);
    if (c == nullptr)
        return {};
    return c->infeasible_reason.empty()
               ? (c->estimated ? QStringLiteral("~ ") : QString()) + shortCount(c->latency_cycles)
               : tr("none");
}

QString LayerModel::toolTip(int layer, int column) const
{
    if (isBits(column)) {
        const auto lock = lockReason(layer, column);
        if (!lock.isEmpty())
            return tr("Fixed: %1").arg(lock);
        return bits(layer, column) ? tr("Keys 2, 4 and 8 set the width") : QString();
    }
    if (column < FirstTarget || column >= boundColumn())
        return text(layer, column); // in full, where the column is too narrow for it
    const auto* c = cost(column - FirstTarget, layer);
    if (c == nullptr)
        return {};
    if (!c->infeasible_reason.empty())
        return QString::fromStdString(c->infeasible_reason);
    auto tip = tr("compute %1, transfer %2, L3 %3, overhead %4 cycles")
                   .arg(shortCount(c->compute_cycles), shortCount(c->transfer_cycles),
                        shortCount(c->l3_cycles), shortCount(c->overhead_cycles));
    if (c->measured)
        tip += u'\n' + tr("measured (%n samples)", nullptr, c->measured_samples);
    if (!c->estimate_reason.empty())
        tip += u'\n' + (c->estimated ? tr("~ unverified: %1") : tr("unverified in it: %1"))
                           .arg(QString::fromStdString(c->estimate_reason));
    return tip;
}

QVariantList LayerModel::shares(int layer) const
{
    QVariantList list;
    for (std::size_t t = 0; t < m_targets.size(); ++t) {
        const auto* c = cost(int(t), layer);
        const double ms = c == nullptr ? 0 : c->latency_cycles / m_targets[t].clock_hz * 1e3;
        list << (m_largest_ms > 0 ? ms / m_largest_ms : 0.0);
    }
    return list;
}

QVariant LayerModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const int layer = index.row();
    const int column = index.column();
    const bool is_target = column >= FirstTarget && column < boundColumn();
    switch (role) {
    case Qt::DisplayRole:
        return text(layer, column);
    case Qt::ToolTipRole:
        return toolTip(layer, column);
    case Qt::TextAlignmentRole:
        return int((is_target ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::AccessibleTextRole:
        return tr("%1, %2: %3")
            .arg(QString::fromStdString(m_network->layer(layer).name),
                 headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                 text(layer, column));
    case ShareRole:
        return column == Share ? QVariant(shares(layer)) : QVariant();
    case BoundRole: {
        const auto* c = is_target ? cost(column - FirstTarget, layer) : nullptr;
        return c == nullptr ? QVariant() : QVariant(int(c->bound));
    }
    default:
        break;
    }
    if (!isBits(column))
        return {};
    if (role == LockRole)
        return lockReason(layer, column);
    const auto width = bits(layer, column);
    return (role == BitsRole || role == Qt::EditRole) && width ? QVariant(*width) : QVariant();
}

bool LayerModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    const int width = value.toInt();
    if (role != Qt::EditRole || !(flags(index) & Qt::ItemIsEditable) || !isQuantizedWidth(width))
        return false;
    if (bits(index.row(), index.column()) == width)
        return true;
    const bool weights = index.column() == Weight;
    const int target =
        weights ? index.row() : m_groups->groupOf(activationTensor(index.row(), index.column()));
    Q_EMIT editRequested(
        {weights ? BitEdit::Kind::Weights : BitEdit::Kind::Activations, target, width});
    return true;
}

Qt::ItemFlags LayerModel::flags(const QModelIndex& index) const
{
    auto flags = QAbstractTableModel::flags(index);
    if (index.isValid() && isBits(index.column()) && bits(index.row(), index.column()) &&
        lockReason(index.row(), index.column()).isEmpty())
        flags |= Qt::ItemIsEditable;
    return flags;
}

QVariant LayerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const bool is_target = section >= FirstTarget && section < boundColumn();
    if (role == Qt::TextAlignmentRole)
        return int((is_target ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (is_target && role == Qt::ToolTipRole)
        return tr("Cycles on %1").arg(m_targets[std::size_t(section - FirstTarget)].title);
    if (role != Qt::DisplayRole)
        return {};
    if (is_target)
        return m_targets[std::size_t(section - FirstTarget)].short_title;
    if (section == boundColumn())
        return tr("Bound");
    const QString titles[] = {tr("Layer"),   tr("Shape"), tr("In"),
                              tr("Weights"), tr("Out"),   tr("Latency")};
    return titles[section];
}

} // namespace bitdial
