// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/verify_dialog.h"

#include "app/window/dialogs/dialog_parts.h"
#include "widgets/views/arrow_combo_box.h"
#include "widgets/views/fact_grid.h"
#include "widgets/views/message_bar.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace bitdial {
namespace {

QLabel* wrapped(const QString& text, const QString& look, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText); // names come from files of others
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setLook(label, look);
    return label;
}

std::vector<Fact> factsOf(const VerifyResult& result)
{
    const QLocale locale;
    std::vector<Fact> facts = {{VerifyDialog::tr("Layers"), locale.toString(result.layers)},
                               {VerifyDialog::tr("Images"), locale.toString(result.images)},
                               {VerifyDialog::tr("Runner"),
                                result.runner == "riscv" ? VerifyDialog::tr("RISC-V under qemu")
                                                         : VerifyDialog::tr("this machine")},
                               {VerifyDialog::tr("Cores"), locale.toString(result.cores)}};
    const auto kernels = QString::fromStdString(result.kernels);
    facts.push_back({VerifyDialog::tr("Kernels"), result.kernels == "portable"
                                                      ? VerifyDialog::tr("portable")
                                                      : QFileInfo(kernels).fileName()});
    facts.back().tool_tip = kernels.toHtmlEscaped();
    std::uint64_t instructions = 0;
    for (const auto& layer : result.layer_results)
        instructions += layer.instructions.value_or(0);
    if (instructions > 0)
        facts.push_back({VerifyDialog::tr("Instructions, first image"),
                         locale.toString(qulonglong(instructions))});
    return facts;
}

} // namespace

VerifyDialog::VerifyDialog(QWidget* parent)
    : QDialog(parent),
      m_form(dialogForm()),
      m_folder(new QLineEdit(this)),
      m_runner(new ArrowComboBox(this)),
      m_kernels(new QLineEdit(this)),
      m_kernels_row(withBrowseButton(m_kernels, tr("Kernel library"),
                                     tr("Static libraries (*.a);;All files (*)"))),
      m_verify(new QPushButton(this)),
      m_message(new MessageBar(this)),
      m_verdict(wrapped({}, {}, this)),
      m_facts(new FactGrid(this)),
      m_mismatch(wrapped({}, {}, this)),
      m_remarks(wrapped({}, QStringLiteral("secondary"), this))
{
    setWindowTitle(tr("Verify an export"));
    m_runner->addItems(
        {tr("This machine, with an emulated cluster"), tr("RISC-V, bare metal under qemu")});
    m_kernels->setPlaceholderText(tr("the portable kernels of the export"));
    m_kernels->setClearButtonEnabled(true);
    m_folder->setAccessibleName(tr("Folder"));
    m_kernels->setAccessibleName(tr("Kernel library"));
    m_form->addRow(tr("&Folder"), withBrowseButton(m_folder, tr("Exported project")));
    m_form->addRow(tr("&Runner"), m_runner);
    m_form->addRow(tr("&Kernel library"), m_kernels_row);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);
    buttons->addButton(m_verify, QDialogButtonBox::ActionRole);
    setLook(m_verify, QStringLiteral("primary"));
    m_verify->setDefault(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(12);
    column->addWidget(wrapped(tr("Builds the exported PULP-NN project, runs its golden images and "
                                 "compares every layer byte by byte."),
                              QStringLiteral("secondary"), this));
    column->addLayout(m_form);
    column->addWidget(m_message);
    for (auto* widget : {static_cast<QWidget*>(m_verdict), static_cast<QWidget*>(m_facts),
                         static_cast<QWidget*>(m_mismatch), static_cast<QWidget*>(m_remarks)})
        column->addWidget(widget);
    hideResult(); // until there is one
    column->addStretch(1);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_verify, &QPushButton::clicked, this, &VerifyDialog::start);
    connect(m_folder, &QLineEdit::textEdited, this, [this] { m_folder_chosen = true; });
    connect(m_folder, &QLineEdit::textChanged, this, &VerifyDialog::refresh);
    connect(m_runner, &QComboBox::currentIndexChanged, this, &VerifyDialog::refresh);
    resize(560, 420);
    refresh();
}

void VerifyDialog::suggestFolder(const QString& folder)
{
    if (!m_folder_chosen)
        m_folder->setText(folder);
}

bool VerifyDialog::isOnHost() const
{
    return m_runner->currentIndex() == 0;
}

void VerifyDialog::start()
{
    if (m_running) {
        Q_EMIT cancelRequested();
        return;
    }
    m_message->clear();
    hideResult();         // it was of another run
    m_verify->setFocus(); // not to whatever comes behind a field that is disabled now
    Q_EMIT verifyRequested(order());
}

void VerifyDialog::hideResult()
{
    for (auto* widget : {static_cast<QWidget*>(m_verdict), static_cast<QWidget*>(m_facts),
                         static_cast<QWidget*>(m_mismatch), static_cast<QWidget*>(m_remarks)})
        widget->hide();
}

void VerifyDialog::setRunning(bool running)
{
    m_running = running;
    refresh();
}

void VerifyDialog::refresh()
{
    m_form->setRowVisible(m_kernels_row, isOnHost());
    m_verify->setText(m_running ? tr("Cancel") : tr("Verify"));
    m_verify->setEnabled(m_running || !m_folder->text().trimmed().isEmpty());
    for (auto* widget : {static_cast<QWidget*>(m_folder), static_cast<QWidget*>(m_runner),
                         static_cast<QWidget*>(m_kernels)})
        widget->setEnabled(!m_running);
}

void VerifyDialog::showResult(const VerifyResult& result)
{
    m_verdict->setText(result.bit_exact ? tr("Bit-exact: every layer gives what was promised.")
                                        : tr("Not bit-exact"));
    setLook(m_verdict, result.bit_exact ? QStringLiteral("better") : QStringLiteral("worse"));
    m_facts->setFacts(factsOf(result));
    m_mismatch->setText(
        tr("First mismatch: %1").arg(QString::fromStdString(result.first_mismatch)));
    QStringList remarks;
    for (const auto& remark : result.remarks)
        remarks << QString::fromStdString(remark);
    m_remarks->setText(remarks.join(QLatin1Char('\n')));
    m_verdict->show();
    m_facts->show();
    m_mismatch->setVisible(!result.bit_exact);
    m_remarks->setVisible(!remarks.isEmpty());
}

void VerifyDialog::showError(const ErrorDetails& error)
{
    m_message->showError(error);
}

VerifyOrder VerifyDialog::order() const
{
    VerifyOrder order;
    order.folder = m_folder->text().trimmed().toStdString();
    if (!isOnHost())
        order.options.runner = VerifyRunner::RiscV;
    else
        order.options.kernels = m_kernels->text().trimmed().toStdString();
    return order;
}

} // namespace bitdial
