// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/export_job.h"
#include "core/base/error.h"

#include <QDialog>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace bitdial {

class FactGrid;
class MessageBar;

/// Asks for an exported project and shows whether it computes what was promised. Stays open.
class VerifyDialog : public QDialog {
    Q_OBJECT

public:
    explicit VerifyDialog(QWidget* parent);

    /// Suggests a folder; one that the user typed stays.
    void suggestFolder(const QString& folder);
    void setRunning(bool running);
    void showResult(const VerifyResult& result);
    void showError(const ErrorDetails& error);
    VerifyOrder order() const;

Q_SIGNALS:
    void verifyRequested(const bitdial::VerifyOrder& order);
    void cancelRequested();

private:
    void start();
    void hideResult();
    void refresh();
    bool isOnHost() const;

    bool m_running = false;
    bool m_folder_chosen = false; ///< by the user
    QFormLayout* m_form;
    QLineEdit* m_folder;
    QComboBox* m_runner;
    QLineEdit* m_kernels;
    QWidget* m_kernels_row;
    QPushButton* m_verify;
    MessageBar* m_message;
    QLabel* m_verdict;
    FactGrid* m_facts;
    QLabel* m_mismatch;
    QLabel* m_remarks;
};

} // namespace bitdial
