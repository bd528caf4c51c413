// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/export_job.h"
#include "widgets/models/point_model.h"

#include <QDialog>

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace bitdial {

/// Asks which point to export for which target, and where to.
class ExportDialog : public QDialog {
    Q_OBJECT

public:
    /// `points` are those of the project; only what has quantized weights can be chosen.
    ExportDialog(const PointModel& points, const QString& network, int target, QWidget* parent);

    ExportOrder order() const;

private:
    void browse();
    void suggestFolder();

    QString m_network;
    QComboBox* m_point;
    QComboBox* m_target;
    QLineEdit* m_folder;
    QSpinBox* m_images;
    bool m_folder_chosen = false; ///< by the user: no longer suggested
};

} // namespace bitdial
