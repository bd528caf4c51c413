// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/point_model.h"

#include "core/pareto/front_kind.h"
#include "core/pareto/pareto_front.h"
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"

#include <QCoreApplication>

#include <limits>

namespace bitdial {
namespace {

bool runsOn(const PointRow& row, int target)
{
    return std::size_t(target) < row.costs.size() &&
           row.costs[std::size_t(target)].infeasible_reason.empty();
}

} // namespace

PointModel::PointModel(QObject* parent) : QAbstractTableModel(parent) {}

void PointModel::reset(std::vector<TargetInfo> targets, std::vector<PointRow> rows)
{
    beginResetModel();
    m_targets = std::move(targets);
    m_rows = std::move(rows);
    m_selected = 0;
    reindex();
    refreshFrontKind();
    endResetModel();
    Q_EMIT selectedChanged(0);
    Q_EMIT pointsChanged();
}

void PointModel::append(std::vector<PointRow> rows)
{
    if (rows.empty())
        return;
    const int first = int(m_rows.size());
    beginInsertRows({}, first, first + int(rows.size()) - 1);
    for (auto& row : rows)
        m_rows.push_back(std::move(row));
    reindex();
    endInsertRows();
    accuraciesChanged();
}

void PointModel::addAccuracy(std::int64_t id, const Accuracy& accuracy)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    m_rows[std::size_t(row)].point.accuracies.push_back(accuracy);
    Q_EMIT dataChanged(index(row, Top1), index(row, Top1));
    accuraciesChanged();
}

void PointModel::replace(std::int64_t id, const DesignPoint& point)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    m_rows[std::size_t(row)].point = point;
    reindex();
    const bool renamed = m_selected == id && point.id != id;
    if (renamed)
        m_selected = point.id;
    Q_EMIT dataChanged(index(row, 0), index(row, columnCount() - 1));
    if (renamed)
        Q_EMIT selectedChanged(point.id);
    accuraciesChanged();
}

void PointModel::remove(std::int64_t id)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_rows.erase(m_rows.begin() + row);
    reindex();
    endRemoveRows();
    if (m_selected == id)
        setSelected(0);
    accuraciesChanged();
}

void PointModel::setRungChoice(RungChoice choice)
{
    if (choice == m_rung_choice)
        return;
    m_rung_choice = choice;
    refreshFrontKind();
    allTop1Changed();
    Q_EMIT pointsChanged();
}

void PointModel::setSelected(std::int64_t id)
{
    if (id == m_selected)
        return;
    m_selected = id;
    Q_EMIT selectedChanged(id);
}

const PointRow* PointModel::find(std::int64_t id) const
{
    const int row = rowOf(id);
    return row < 0 ? nullptr : &m_rows[std::size_t(row)];
}

int PointModel::rowOf(std::int64_t id) const
{
    const auto found = m_row_of.find(id);
    return found == m_row_of.end() ? -1 : found->second;
}

const Accuracy* PointModel::shownAccuracy(const DesignPoint& point) const
{
    const auto kind = m_front_kind ? std::optional(kindOf(*m_front_kind)) : std::nullopt;
    return bitdial::shownAccuracy(point, kind, m_rung_choice);
}

void PointModel::refreshFrontKind()
{
    std::vector<const DesignPoint*> quantized;
    for (const auto& row : m_rows)
        if (!row.costs.empty())
            quantized.push_back(&row.point);
    m_front_kind.reset();
    const auto kind = bitdial::frontKind(quantized, m_rung_choice);
    for (auto it = quantized.begin(); kind && !m_front_kind && it != quantized.end(); ++it)
        if (const auto* accuracy = (*it)->accuracy(kind->rung, kind->role))
            m_front_kind = *accuracy;
}

void PointModel::accuraciesChanged()
{
    const auto before = m_front_kind;
    refreshFrontKind();
    const bool same = m_front_kind && before && kindOf(*m_front_kind) == kindOf(*before);
    if (!same)
        allTop1Changed();
    Q_EMIT pointsChanged();
}

/// With another kind or rung every point may show another accuracy.
void PointModel::allTop1Changed()
{
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, Top1), index(rowCount() - 1, Top1));
}

std::vector<int> PointModel::front(int target) const
{
    constexpr double outside = std::numeric_limits<double>::quiet_NaN();
    std::vector<Objective> objectives;
    for (const auto& row : m_rows) {
        const auto* accuracy =
            m_front_kind ? row.point.accuracy(m_front_kind->rung, m_front_kind->role) : nullptr;
        const bool counts = accuracy != nullptr && runsOn(row, target);
        objectives.push_back(
            counts ? Objective{row.costs[std::size_t(target)].latency_cycles, accuracy->top1()}
                   : Objective{outside, outside});
    }
    return paretoFront(objectives);
}

int PointModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int PointModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : latencyColumn(int(m_targets.size()));
}

QVariant PointModel::text(const PointRow& row, int column) const
{
    const auto& from = row.point.provenance;
    const auto* accuracy = shownAccuracy(row.point);
    switch (column) {
    case Id:
        return qint64(row.point.id);
    case Method:
        return QString::fromStdString(from.method);
    case Label:
        return QString::fromStdString(from.label);
    case Stage:
        return stageOf(from) == 0 ? QVariant() : QVariant(stageOf(from));
    case Parent:
        return from.parent == 0 ? QVariant() : QVariant(qint64(from.parent));
    case Top1:
        return accuracy == nullptr ? QVariant() : QVariant(percent(accuracy->top1(), 2));
    case Weights:
        return row.costs.empty() ? QVariant() : QVariant(kilobytes(row.costs[0].weight_bytes));
    default:
        return targetText(row, column);
    }
}

QVariant PointModel::targetText(const PointRow& row, int column) const
{
    const int target = (column - FirstTarget) / 2;
    if (column == measuredColumn(target)) {
        const auto* measured = row.measuredOn(target);
        return measured == nullptr ? QVariant() : QVariant(measuredLatencyText(*measured));
    }
    if (row.costs.empty())
        return {};
    return runsOn(row, target) ? milliseconds(row.costs[std::size_t(target)].latency_ms)
                               : tr("cannot run");
}

QVariant PointModel::toolTip(const PointRow& row, int column) const
{
    if (column < FirstTarget || column == latencyColumn((column - FirstTarget) / 2))
        return {};
    const auto* measured = row.measuredOn((column - FirstTarget) / 2);
    return measured == nullptr ? QVariant() : QVariant(measuredLatencyHow(*measured));
}

QVariant PointModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const auto& row = m_rows[std::size_t(index.row())];
    if (role == Qt::DisplayRole)
        return text(row, index.column());
    if (role == Qt::ToolTipRole)
        return toolTip(row, index.column());
    const bool numeric = index.column() == Id || index.column() >= Stage;
    if (role == Qt::TextAlignmentRole && numeric)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant PointModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section < 0 ||
        section >= columnCount())
        return {};
    if (section >= FirstTarget) {
        const int target = (section - FirstTarget) / 2;
        const auto& title = m_targets[std::size_t(target)].short_title;
        return section == measuredColumn(target) ? tr("%1, measured").arg(title) : title;
    }
    const QString titles[] = {tr("Point"),  tr("Method"), tr("Label"),  tr("Stage"),
                              tr("Parent"), tr("Top-1"),  tr("Weights")};
    return titles[section];
}

void PointModel::reindex()
{
    m_row_of.clear();
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        m_row_of.emplace(m_rows[i].point.id, int(i));
}

QString rungTitle(Rung rung)
{
    switch (rung) {
    case Rung::Float:
        return QCoreApplication::translate("Rung", "float");
    case Rung::Fake:
        return QCoreApplication::translate("Rung", "fake-quantized");
    case Rung::Integer:
        return QCoreApplication::translate("Rung", "integer");
    case Rung::Device:
        return QCoreApplication::translate("Rung", "device");
    }
    return {};
}

QString roleTitle(DataRole role)
{
    switch (role) {
    case DataRole::Validation:
        return QCoreApplication::translate("DataRole", "validation");
    case DataRole::Test:
        return QCoreApplication::translate("DataRole", "test");
    case DataRole::All:
        return QCoreApplication::translate("DataRole", "all samples");
    }
    return {};
}

} // namespace bitdial
