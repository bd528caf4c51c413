// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/pareto/design_point.h"
#include "core/pareto/method_family.h"
#include "widgets/models/target_info.h"

#include <QAbstractTableModel>

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace bitdial {

/// What a point's exported program took on a target, beside what it costs there.
struct MeasuredLatency {
    double latency_ms = 0;
    double cycles = 0;
    bool stale = false; ///< of other bits or another text of the profile
    std::string from;   ///< who measured it, and when; for people
};

/// What a point costs on a target. Its layers are costed for the point that is shown alone: lists
/// have thousands.
struct PointCost : NetworkTotals {
    std::string infeasible_reason; ///< why it cannot run there; empty: it can
};

/// A design point with its cost on every target, in the targets' order. A float reference (empty
/// assignment) has no costs.
struct PointRow {
    DesignPoint point;
    std::vector<PointCost> costs;
    /// Per target, as costs; none where nothing was measured. May be shorter than the targets.
    std::vector<std::optional<MeasuredLatency>> measured = {};
    bool stale = false; ///< its accuracies belong to other data than the project has now

    /// Null where nothing was measured there.
    const MeasuredLatency* measuredOn(int target) const
    {
        const auto at = std::size_t(target);
        return at < measured.size() && measured[at] ? &*measured[at] : nullptr;
    }
};

/// The design points of a project: what charts, lists and panels follow. A plain view model: the
/// document fills it. Columns: the fixed ones of Column, then for each target the promised latency
/// and beside it the measured one.
class PointModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Id, Method, Label, Stage, Parent, Top1, Weights, FirstTarget };
    /// Which accuracies count: those that frontKind chooses, or only those of one rung.
    using RungChoice = std::optional<Rung>;

    explicit PointModel(QObject* parent = nullptr);

    void reset(std::vector<TargetInfo> targets, std::vector<PointRow> rows);
    void append(std::vector<PointRow> rows);
    /// Ignored for a point that is not there (it was removed meanwhile).
    void addAccuracy(std::int64_t id, const Accuracy& accuracy);
    /// Replaces a point that got its id or its numbers.
    void replace(std::int64_t id, const DesignPoint& point);
    void remove(std::int64_t id);

    /// The methods' families, which charts draw by shape; set once, before points.
    void setFamilies(MethodFamilies families) { m_families = std::move(families); }
    const MethodFamilies& families() const { return m_families; }

    void setRungChoice(RungChoice choice);
    /// The point selected everywhere; 0: none.
    void setSelected(std::int64_t id);
    std::int64_t selected() const { return m_selected; }

    const std::vector<TargetInfo>& targets() const { return m_targets; }
    const std::vector<PointRow>& rows() const { return m_rows; }
    /// Null when there is no such point.
    const PointRow* find(std::int64_t id) const;
    int rowOf(std::int64_t id) const; ///< -1: none
    /// The accuracy that stands for a point: of the kind that the front compares where it has one,
    /// else its best-established under the rung choice; null if none.
    const Accuracy* shownAccuracy(const DesignPoint& point) const;
    /// Row indices of the front on a target by rising latency: of accuracies of frontKind only.
    std::vector<int> front(int target) const;
    /// An accuracy of the kind that the fronts of all targets compare (core/pareto/front_kind.h,
    /// under the rung choice); none while nothing was measured.
    const std::optional<Accuracy>& frontKind() const { return m_front_kind; }

    static constexpr int latencyColumn(int target) { return FirstTarget + 2 * target; }
    static constexpr int measuredColumn(int target) { return latencyColumn(target) + 1; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void selectedChanged(qint64 id);
    /// Anything that a chart shows has changed.
    void pointsChanged();

private:
    QVariant text(const PointRow& row, int column) const;
    QVariant targetText(const PointRow& row, int column) const;
    QVariant toolTip(const PointRow& row, int column) const;
    void reindex();
    void refreshFrontKind();
    void accuraciesChanged();
    void allTop1Changed();

    std::vector<TargetInfo> m_targets;
    std::vector<PointRow> m_rows;
    std::unordered_map<std::int64_t, int> m_row_of;
    MethodFamilies m_families;
    RungChoice m_rung_choice;
    std::optional<Accuracy> m_front_kind;
    std::int64_t m_selected = 0;
};

/// "integer", "fake-quantized", ... for the user.
QString rungTitle(Rung rung);
/// "test", "validation" or "all" for the user.
QString roleTitle(DataRole role);

} // namespace bitdial
