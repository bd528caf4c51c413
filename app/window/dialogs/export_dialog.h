// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/dialogs/dialog_parts.h"
#include "app/window/jobs/export_job.h"
#include "widgets/models/point_model.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QSpinBox;

namespace bitdial {

/// Asks which point to export in which format, for which target, and where to. Only what the
/// format needs is asked.
class ExportDialog : public QDialog {
    Q_OBJECT

public:
    /// `points` are those of the project; only what has quantized weights can be chosen.
    ExportDialog(const PointModel& points, const QString& network, int target, QWidget* parent);

    ExportOrder order() const;

private:
    const ExportFormatInfo& info() const;
    void fill(const PointModel& points, int target);
    void addRows();
    void showFormat();
    void suggestFolder();
    void refresh();

    QString m_network;
    QComboBox* m_point;
    QComboBox* m_format;
    QComboBox* m_target;
    QLineEdit* m_folder;
    QSpinBox* m_images;
    QCheckBox* m_verify;
    DialogParts m_parts;
    bool m_folder_chosen = false; ///< by the user: no longer suggested
};

} // namespace bitdial
