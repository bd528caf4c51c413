// SPDX-License-Identifier: Apache-2.0
// The main window's dialogs about what is deployed.
#include "app/window/dialogs/export_dialog.h"
#include "app/window/dialogs/rung_dialog.h"
#include "app/window/dialogs/verify_dialog.h"
#include "app/window/main_window.h"
#include "widgets/models/point_text.h"
#include "widgets/views/message_bar.h"
#include "widgets/views/point_panel.h"

namespace bitdial {

void MainWindow::askForExport()
{
    auto* dialog =
        new ExportDialog(*m_document->points(), QString::fromStdString(m_document->project().name),
                         m_point_panel->mainTarget(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { m_document->exportPoint(dialog->order()); });
    dialog->open();
}

void MainWindow::showExported(const QString& text, const QString& report)
{
    m_report = report;
    m_message->showNotice(text, tr("Show report"));
    if (m_verify_dialog != nullptr)
        m_verify_dialog->suggestFolder(QString::fromStdString(m_document->lastExport().string()));
}

void MainWindow::askForVerify()
{
    if (m_verify_dialog == nullptr) {
        auto* dialog = m_verify_dialog = new VerifyDialog(this);
        connect(dialog, &VerifyDialog::verifyRequested, this, [this](const VerifyOrder& order) {
            m_verify_dialog->setRunning(true);
            m_document->verify(order);
        });
        connect(dialog, &VerifyDialog::cancelRequested, m_document, &Document::cancelVerify);
        connect(m_document, &Document::verified, dialog, [dialog](const auto& result) {
            dialog->setRunning(false);
            dialog->showResult(*result);
        });
        connect(m_document, &Document::verifyFailed, dialog, [dialog](const ErrorDetails& error) {
            dialog->setRunning(false);
            if (error.code != ErrorCode::Cancelled)
                dialog->showError(error);
        });
        dialog->suggestFolder(QString::fromStdString(m_document->lastExport().string()));
    }
    m_verify_dialog->show();
    m_verify_dialog->raise();
    m_verify_dialog->activateWindow();
}

void MainWindow::askForRungs()
{
    if (m_rung_dialog == nullptr) {
        auto* dialog = m_rung_dialog = new RungDialog(this);
        connect(dialog, &RungDialog::compareRequested, this, [this](const RungOrder& order) {
            m_rung_dialog->setRunning(true);
            m_document->compareRungs(order);
        });
        connect(dialog, &RungDialog::cancelRequested, m_document, &Document::cancelRungs);
        connect(m_document, &Document::rungsCompared, dialog, [dialog](const auto& report) {
            dialog->setRunning(false);
            dialog->showReport(*report);
        });
        connect(m_document, &Document::rungsFailed, dialog, [dialog](const ErrorDetails& error) {
            dialog->setRunning(false);
            if (error.code != ErrorCode::Cancelled)
                dialog->showError(error);
        });
    }
    showRungPoint();
    m_rung_dialog->show();
    m_rung_dialog->raise();
    m_rung_dialog->activateWindow();
}

void MainWindow::showRungPoint()
{
    if (m_rung_dialog == nullptr)
        return;
    const auto* row = m_document->points()->find(m_document->points()->selected());
    if (row == nullptr || row->point.state_hash.empty())
        m_rung_dialog->setPoint(0, {}, 0);
    else
        m_rung_dialog->setPoint(row->point.id, originText(row->point.provenance),
                                m_document->shownSamples().size());
}

} // namespace bitdial
