// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <vector>

class QLabel;
class QVBoxLayout;

namespace bitdial {

class JobLine;

/// A running job as the status line shows it.
struct JobStatus {
    int number = 0; ///< whoever runs it tells his jobs apart by it
    QString name = {};
    QString phase = {};
    double fraction = -1;  ///< 0..1, negative: unknown
    double eta_low_s = -1; ///< negative: not known yet
    double eta_high_s = -1;
    bool is_cancelling = false;
};

/// The status line: the running jobs, a line each, with their progress and time left, and whether
/// the project is saved.
class JobBar : public QWidget {
    Q_OBJECT

public:
    explicit JobBar(QWidget* parent = nullptr);

    /// Empty: no job is running.
    void setJobs(const std::vector<JobStatus>& jobs);
    void setSaved(const QString& text);

Q_SIGNALS:
    /// The user wants to stop this job; setJobs() then tells that it is being cancelled.
    void cancelRequested(int number);

private:
    QVBoxLayout* m_list;
    std::vector<JobLine*> m_lines; ///< kept; those without a job are hidden
    QLabel* m_idle;
    QLabel* m_saved;
};

} // namespace bitdial
