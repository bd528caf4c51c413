// SPDX-License-Identifier: Apache-2.0
#include "app/window/export_dialog.h"

#include "app/window/dialog_parts.h"
#include "widgets/models/point_text.h"
#include "widgets/views/arrow_combo_box.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardPaths>

namespace bitdial {

ExportDialog::ExportDialog(const PointModel& points, const QString& network, int target,
                           QWidget* parent)
    : QDialog(parent),
      m_network(network),
      m_point(new ArrowComboBox(this)),
      m_target(new ArrowComboBox(this)),
      m_folder(new QLineEdit(this)),
      m_images(new QSpinBox(this))
{
    const auto parts = buildDialog(
        this, tr("Export"),
        tr("A C project that calls the PULP-NN mixed-precision kernels. It is built and run on "
           "this machine afterwards, and every layer compared bit for bit with what was measured."),
        tr("Export and verify"));
    for (const auto& row : points.rows())
        if (!row.point.assignment.empty() && !row.point.state_hash.empty())
            m_point->addItem(tr("%1 · %2").arg(row.point.id).arg(originText(row.point.provenance)),
                             qint64(row.point.id));
    for (const auto& info : points.targets())
        m_target->addItem(info.title);
    if (const int index = m_point->findData(qint64(points.selected())); index >= 0)
        m_point->setCurrentIndex(index);
    m_target->setCurrentIndex(target);
    m_images->setRange(1, most_golden_images);
    m_images->setValue(ExportOrder().images);
    auto* browse_button = new QPushButton(tr("Browse…"), this);
    auto* folder_row = new QHBoxLayout;
    folder_row->addWidget(m_folder, 1);
    folder_row->addWidget(browse_button);
    parts.form->addRow(tr("&Point"), m_point);
    parts.form->addRow(tr("&Target"), m_target);
    parts.form->addRow(tr("&Folder"), folder_row);
    parts.form->addRow(tr("Golden &images"), m_images);
    m_folder->setAccessibleName(tr("Folder"));
    connect(browse_button, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(m_folder, &QLineEdit::textEdited, this, [this] { m_folder_chosen = true; });
    for (auto* box : {m_point, m_target})
        connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::suggestFolder);
    auto* accept_button = parts.buttons->button(QDialogButtonBox::Ok);
    const auto check = [this, accept_button] {
        accept_button->setEnabled(m_point->count() > 0 && m_target->count() > 0 &&
                                  !m_folder->text().trimmed().isEmpty());
    };
    connect(m_folder, &QLineEdit::textChanged, this, check);
    suggestFolder();
    check();
}

void ExportDialog::suggestFolder()
{
    if (m_folder_chosen)
        return;
    const auto base = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const auto name = QStringLiteral("%1-point-%2-%3")
                          .arg(m_network, m_point->currentData().toString(),
                               m_target->currentText().toLower().replace(u' ', u'-'));
    m_folder->setText(QDir(base).filePath(name));
}

void ExportDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Folder of the export"),
                                   QFileInfo(m_folder->text()).absolutePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
        m_folder_chosen = true;
        m_folder->setText(folder);
    });
    dialog->open();
}

ExportOrder ExportDialog::order() const
{
    return {m_point->currentData().toLongLong(), m_target->currentIndex(),
            m_folder->text().trimmed().toStdString(), m_images->value()};
}

} // namespace bitdial
