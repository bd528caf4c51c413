// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "widgets/models/point_model.h"

#include <QWidget>

#include <optional>
#include <vector>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace bitdial {

class ChangeBars;
class FactGrid;

/// The right column: what the selected point is, what it costs on every target, and what it changes
/// against uniform 8/8. The targets are those of the project, in its order.
class PointPanel : public QWidget {
    Q_OBJECT

public:
    explicit PointPanel(QWidget* parent = nullptr);

    /// Names of the network's layers, for "what changed".
    void setLayerNames(const QStringList& names);
    /// As in PointModel; says what is missing where the point has no accuracy to show.
    void setRungChoice(PointModel::RungChoice choice);
    /// Copies what it shows. `row` null: nothing is selected; `reference` null: there is no 8/8;
    /// `accuracy`: the one that the charts show the point with (PointModel::shownAccuracy), null if
    /// it has none.
    void setPoint(const PointRow* row, const PointRow* reference,
                  const std::vector<TargetInfo>& targets, const Accuracy* accuracy);
    /// With all layers, of the point and of the reference, in the targets' order; empty where there
    /// is none. setPoint() forgets them.
    void setLayerCosts(std::vector<NetworkCost> point, std::vector<NetworkCost> reference);
    /// Which target the latency figure and the changes are of (0: the first).
    void setMainTarget(int target);
    int mainTarget() const { return m_main_target; }
    /// "measuring… 64 %"; empty: nothing is being measured.
    void setMeasuring(const QString& text);

Q_SIGNALS:
    void parentActivated(qint64 id);

private:
    void build();
    QLabel* addHeading(QVBoxLayout* column, const QString& text);
    void refresh();
    void refreshLatency();
    void refreshAccuracy();
    void refreshTargets();
    void refreshChanges();
    void refreshOrigin();

    QStringList m_layer_names;
    PointModel::RungChoice m_rung_choice;
    std::optional<PointRow> m_row;
    std::optional<Accuracy> m_accuracy;
    std::optional<PointRow> m_reference;
    std::vector<NetworkCost> m_layer_costs;
    std::vector<NetworkCost> m_reference_layer_costs;
    std::vector<TargetInfo> m_targets;
    int m_main_target = 0;

    QLabel* m_empty = nullptr;
    QWidget* m_content = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_latency = nullptr;
    FactGrid* m_latency_facts = nullptr;
    QLabel* m_top1 = nullptr;
    FactGrid* m_top1_facts = nullptr;
    QLabel* m_measuring = nullptr;
    FactGrid* m_target_facts = nullptr;
    QLabel* m_changes_heading = nullptr;
    ChangeBars* m_changes = nullptr;
    QLabel* m_no_changes = nullptr;
    FactGrid* m_origin = nullptr;
    QPushButton* m_parent = nullptr;
};

} // namespace bitdial
