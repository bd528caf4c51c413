// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/project_loading.h"

#include <QDialog>

#include <string>
#include <vector>

class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QTableWidget;

namespace bitdial {

/// Asks which figures of a target's profile to change, and to what.
class WhatIfDialog : public QDialog {
    Q_OBJECT

public:
    WhatIfDialog(Profiles profiles, QWidget* parent);

    int target() const; ///< index into the profiles
    /// "cores=16": one for each figure whose new value is another than the profile's.
    std::vector<std::string> settings() const;
    /// Stays open and says why when the profile would refuse the settings.
    void accept() override;

private:
    void showFigures();
    void filter(const QString& words);
    void refresh();

    Profiles m_profiles;
    QComboBox* m_target;
    QLineEdit* m_filter;
    QTableWidget* m_figures;
    QLabel* m_refusal;
    QDialogButtonBox* m_buttons;
};

} // namespace bitdial
