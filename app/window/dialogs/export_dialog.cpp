// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/export_dialog.h"

#include "widgets/models/point_text.h"
#include "widgets/views/arrow_combo_box.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardPaths>

#include <algorithm>

namespace bitdial {

ExportDialog::ExportDialog(const PointModel& points, const QString& network, int target,
                           QWidget* parent)
    : QDialog(parent),
      m_network(network),
      m_point(new ArrowComboBox(this)),
      m_format(new ArrowComboBox(this)),
      m_target(new ArrowComboBox(this)),
      m_folder(new QLineEdit(this)),
      m_images(new QSpinBox(this)),
      m_verify(new QCheckBox(tr("&Build, run and compare it afterwards"), this)),
      m_parts(buildDialog(this, tr("Export"), {}, tr("Export")))
{
    fill(points, target);
    addRows();
    connect(m_folder, &QLineEdit::textEdited, this, [this] { m_folder_chosen = true; });
    connect(m_folder, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    connect(m_verify, &QCheckBox::toggled, this, &ExportDialog::refresh);
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::showFormat);
    for (auto* box : {m_point, m_target})
        connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::suggestFolder);
    showFormat();
}

void ExportDialog::fill(const PointModel& points, int target)
{
    for (const auto& row : points.rows())
        if (!row.point.assignment.empty() && !row.point.state_hash.empty())
            m_point->addItem(tr("%1 · %2").arg(row.point.id).arg(originText(row.point.provenance)),
                             qint64(row.point.id));
    for (const auto& format : exportFormats())
        m_format->addItem(format.title);
    for (const auto& info : points.targets())
        m_target->addItem(info.title);
    if (const int index = m_point->findData(qint64(points.selected())); index >= 0)
        m_point->setCurrentIndex(index);
    m_format->setMaxVisibleItems(m_format->count());
    m_target->setCurrentIndex(target);
    m_images->setRange(1, most_golden_images);
    m_images->setValue(ExportOrder().images);
    m_verify->setChecked(ExportOrder().verify);
    m_folder->setAccessibleName(tr("Folder"));
}

void ExportDialog::addRows()
{
    m_parts.form->addRow(tr("&Point"), m_point);
    m_parts.form->addRow(tr("Fo&rmat"), m_format);
    m_parts.form->addRow(tr("&Target"), m_target);
    m_parts.form->addRow(tr("&Folder"), withBrowseButton(m_folder, tr("Folder of the export")));
    m_parts.form->addRow(tr("Golden &images"), m_images);
    m_parts.form->addRow({}, m_verify);
    // The longest explanation decides the size: the dialog does not jump between formats.
    constexpr int text_width = 440;
    int height = 0;
    m_parts.explanation->ensurePolished();
    for (const auto& format : exportFormats())
        height = std::max(
            height, m_parts.explanation->fontMetrics()
                        .boundingRect(0, 0, text_width, 0, Qt::TextWordWrap, format.explanation)
                        .height());
    m_parts.explanation->setMinimumHeight(height);
    m_parts.explanation->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    setMinimumWidth(text_width + 60);
}

const ExportFormatInfo& ExportDialog::info() const
{
    return exportFormats()[std::size_t(m_format->currentIndex())];
}

void ExportDialog::showFormat()
{
    m_parts.explanation->setText(info().explanation);
    m_parts.form->setRowVisible(m_target, info().facts.has_target);
    m_parts.form->setRowVisible(m_images, info().facts.has_images);
    m_parts.form->setRowVisible(m_verify, info().facts.can_be_verified);
    suggestFolder();
    refresh();
}

void ExportDialog::suggestFolder()
{
    if (m_folder_chosen)
        return;
    const auto base = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    auto name = QStringLiteral("%1-point-%2").arg(m_network, m_point->currentData().toString());
    if (info().facts.has_target)
        name += u'-' + m_target->currentText().toLower().replace(u' ', u'-');
    if (info().format != ExportFormat::PulpNn)
        name += u'-' + info().file_name;
    m_folder->setText(QDir(base).filePath(name));
}

void ExportDialog::refresh()
{
    auto* accept_button = m_parts.buttons->button(QDialogButtonBox::Ok);
    const bool verifies = info().facts.can_be_verified && m_verify->isChecked();
    accept_button->setText(verifies ? tr("Export and verify") : tr("Export"));
    accept_button->setEnabled(m_point->count() > 0 &&
                              (m_target->count() > 0 || !info().facts.has_target) &&
                              !m_folder->text().trimmed().isEmpty());
}

ExportOrder ExportDialog::order() const
{
    return {m_point->currentData().toLongLong(),
            m_target->currentIndex(),
            m_folder->text().trimmed().toStdString(),
            m_images->value(),
            info().format,
            m_verify->isChecked()};
}

} // namespace bitdial
