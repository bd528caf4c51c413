// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/dialogs/dialog_parts.h"
#include "app/window/jobs/project_loading.h"

#include <QDialog>

#include <memory>

class QComboBox;
class QPushButton;

namespace bitdial {

/// Asks for the data and the targets of a network that is opened.
class NewProjectDialog : public QDialog {
    Q_OBJECT

public:
    /// `profiles` are the names to choose from.
    NewProjectDialog(const QString& network, const std::vector<std::string>& profiles,
                     QWidget* parent);

    NewProject wanted() const;

private:
    void browse();

    QString m_network;
    std::vector<std::string> m_profiles;
    QComboBox* m_data;
    std::unique_ptr<TargetChoice> m_targets;
};

} // namespace bitdial
