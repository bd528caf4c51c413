// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/rung_job.h"
#include "core/base/error.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QTableView;
class QVBoxLayout;

namespace bitdial {

class FactGrid;
class MessageBar;
class RungLayerModel;

/// The rungs of a point side by side, and the layers whose codes differ between fake and integer.
/// Stays open: the user may choose another point meanwhile and compare again.
class RungDialog : public QDialog {
    Q_OBJECT

public:
    explicit RungDialog(QWidget* parent);

    /// The point that the next comparison is of, 0: none that can be compared; and how many images
    /// there are.
    void setPoint(qint64 id, const QString& origin, int images);
    void setRunning(bool running);
    void showReport(const RungReport& report);
    void showError(const ErrorDetails& error);
    RungOrder order() const;

Q_SIGNALS:
    void compareRequested(const bitdial::RungOrder& order);
    void cancelRequested();

private:
    void buildQuestions(QVBoxLayout* column);
    void buildResults(QVBoxLayout* column);
    void refresh();

    qint64 m_point_id = 0;
    bool m_running = false;
    QLabel* m_point;
    QSpinBox* m_samples;
    QSpinBox* m_code_samples;
    QLineEdit* m_device;
    QPushButton* m_compare;
    MessageBar* m_message;
    QLabel* m_heading;
    FactGrid* m_rungs;
    QLabel* m_first;
    RungLayerModel* m_model;
    QTableView* m_layers;
};

} // namespace bitdial
