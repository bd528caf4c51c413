// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace bitdial {

/// The status line: the running job with its progress and time left, and whether the project is
/// saved.
class JobBar : public QWidget {
    Q_OBJECT

public:
    explicit JobBar(QWidget* parent = nullptr);

    /// `fraction` in 0..1, negative: unknown. `eta_low_s` negative: not known yet.
    void setJob(const QString& name, const QString& phase, double fraction, double eta_low_s,
                double eta_high_s);
    /// The user asked to cancel: says so until setJob of another name or setIdle.
    void setCancelling();
    void setIdle();
    void setSaved(const QString& text);

Q_SIGNALS:
    /// The button says at once that it was heard.
    void cancelRequested();

private:
    QString m_name;
    bool m_cancelling = false;
    QLabel* m_job;
    QProgressBar* m_progress;
    QLabel* m_left;
    QPushButton* m_cancel;
    QLabel* m_saved;
};

} // namespace bitdial
