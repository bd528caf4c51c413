// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/explain_job.h"
#include "widgets/models/target_info.h"

#include <QDialog>

#include <memory>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QLabel;

namespace bitdial {

class RooflineView;

/// Where the time of a layer goes on every target, side by side: a roofline with all layers, and of
/// the chosen one its tile, its breakdown, its bound and what other widths would do. Stays open
/// while the user edits; the window gives it new explanations.
class CostDialog : public QDialog {
    Q_OBJECT

public:
    explicit CostDialog(QWidget* parent = nullptr);

    void setExplanations(std::shared_ptr<const CostExplanations> explained,
                         const std::vector<TargetInfo>& targets);
    /// The layer that is shown; out of range: the first.
    void setLayer(int layer);
    int layer() const;

private:
    struct Column {
        RooflineView* roofline;
        QLabel* text;
    };

    void rebuild(const std::vector<TargetInfo>& targets);
    void refresh();

    std::shared_ptr<const CostExplanations> m_explained; ///< null: none yet
    QComboBox* m_layer;
    QHBoxLayout* m_row;
    std::vector<QString> m_titles;
    std::vector<Column> m_columns;
};

} // namespace bitdial
