// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/dialog_parts.h"
#include "app/window/search_job.h"
#include "widgets/models/target_info.h"

#include <QDialog>

#include <optional>

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace bitdial {

/// Asks for what a Free Bits search needs. An interrupted one can be resumed with what it was begun
/// with.
class SearchDialog : public QDialog {
    Q_OBJECT

public:
    /// `latest` is what the project's latest search was begun with, `resumable` the interrupted
    /// one; without targets it may be of any.
    SearchDialog(const std::vector<TargetInfo>& targets, const SearchRequest& latest,
                 const std::optional<SearchRequest>& resumable, QWidget* parent);

    SearchRequest request() const;

private:
    void buildFields(QFormLayout* form);
    void show(const SearchRequest& request);
    void showTargets(const SearchRequest& request);
    void showChosen();
    void refresh();

    std::vector<TargetInfo> m_info;
    SearchRequest m_latest;
    std::optional<SearchRequest> m_resumable;
    QCheckBox* m_resume;
    std::unique_ptr<TargetChoice> m_targets;
    QLineEdit* m_strengths = nullptr;
    QComboBox* m_charge = nullptr;
    QSpinBox* m_gate_steps = nullptr;
    QSpinBox* m_tune_steps = nullptr;
    QSpinBox* m_minutes = nullptr;
    QSpinBox* m_seed = nullptr;
    DialogParts m_parts;
};

} // namespace bitdial
