// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/rung_dialog.h"

#include "app/window/dialogs/dialog_parts.h"
#include "app/window/views/rung_layer_model.h"
#include "core/base/shown_name.h"
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"
#include "widgets/views/fact_grid.h"
#include "widgets/views/message_bar.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

namespace bitdial {
namespace {

QString count(std::int64_t value)
{
    return QLocale().toString(qlonglong(value));
}

QString images(std::int64_t number)
{
    return number == 1 ? RungDialog::tr("1 image") : RungDialog::tr("%1 images").arg(count(number));
}

Fact factOf(const QString& name, const Accuracy& accuracy)
{
    return {name,
            RungDialog::tr("%1 · n = %2 · %3")
                .arg(percent(accuracy.top1(), 2), count(accuracy.samples), intervalText(accuracy)),
            {},
            accuracyText(accuracy)};
}

QString firstText(const RungReport& report)
{
    const auto& codes = report.answer.rungs.codes;
    const auto first = codes.firstDifferingLayer();
    if (!first)
        return RungDialog::tr("Fake and integer give the same codes in every layer on %1.")
            .arg(images(codes.samples));
    const auto& layer = codes.layers[std::size_t(*first)];
    return RungDialog::tr("Fake and integer differ first in %1: %2 of %3 codes on %4, by at most "
                          "%5.")
        .arg(QString::fromStdString(shownName(report.network->layer(*first).name)),
             count(layer.differing), count(layer.elements), images(codes.samples),
             count(layer.largest));
}

QString deviceText(const DeviceComparison& device)
{
    auto classes = RungDialog::tr("The device gives the integer network's class on %1 of %2.")
                       .arg(count(device.agreeing), images(device.accuracy.samples));
    if (!device.has_logits)
        return classes;
    const auto& first = device.first_mismatch;
    if (!first)
        return classes + u' ' + RungDialog::tr("Its logits are equal on every image.");
    return classes + u' ' +
           RungDialog::tr("Its logits differ on %1, first on image %2: output %3 is %4 on the "
                          "device, %5 in integers.")
               .arg(images(device.differing_images))
               .arg(first->image)
               .arg(first->output)
               .arg(count(first->device), count(first->integer));
}

QSpinBox* imagesBox(int value, const QString& tool_tip, QWidget* parent)
{
    auto* box = new QSpinBox(parent);
    box->setRange(1, value);
    box->setValue(value);
    box->setGroupSeparatorShown(true);
    box->setToolTip(tool_tip);
    return box;
}

QLabel* wrapped(QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText); // names come from files of others
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

} // namespace

RungDialog::RungDialog(QWidget* parent)
    : QDialog(parent),
      m_point(new QLabel(this)),
      m_samples(imagesBox(RungOrder().samples, tr("Accuracies are of the first images"), this)),
      m_code_samples(imagesBox(RungOrder().code_samples,
                               tr("Layers are compared code by code on the first ones"), this)),
      m_device(new QLineEdit(this)),
      m_compare(new QPushButton(this)),
      m_message(new MessageBar(this)),
      m_heading(new QLabel(this)),
      m_rungs(new FactGrid(this)),
      m_first(wrapped(this)),
      m_model(new RungLayerModel(this)),
      m_layers(new QTableView(this))
{
    setWindowTitle(tr("Compare rungs"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(12);
    buildQuestions(column);
    buildResults(column);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* close = buttons->button(QDialogButtonBox::Close);
    close->setIcon({});
    close->setAutoDefault(false);
    buttons->addButton(m_compare, QDialogButtonBox::ActionRole);
    setLook(m_compare, QStringLiteral("primary"));
    m_compare->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_compare, &QPushButton::clicked, this, [this] {
        m_message->clear();
        m_compare->setFocus(); // not to whatever comes behind a field that is disabled now
        if (m_running)
            Q_EMIT cancelRequested();
        else
            Q_EMIT compareRequested(order());
    });
    column->addWidget(buttons);
    resize(640, 680);
    refresh();
}

void RungDialog::buildQuestions(QVBoxLayout* column)
{
    auto* text = wrapped(this);
    text->setText(tr("The same images through the float network, the fake-quantized one and its "
                     "integers, which are what the chip computes; and, where there is a file of "
                     "it, what the chip gave: a CSV image,class or image,logit0,logit1,… with the "
                     "first images from 0 on, which are also an export's golden ones."));
    setLook(text, QStringLiteral("secondary"));
    column->addWidget(text);
    auto* form = dialogForm();
    m_point->setTextFormat(Qt::PlainText);
    m_device->setPlaceholderText(tr("none"));
    m_device->setClearButtonEnabled(true);
    form->addRow(tr("Point"), m_point);
    form->addRow(tr("&Images"), m_samples);
    form->addRow(tr("&Layers compared on"), m_code_samples);
    form->addRow(tr("&Device results"),
                 withBrowseButton(m_device, tr("What the chip gave"), tr("Tables (*.csv)")));
    m_device->setAccessibleName(tr("Device results"));
    column->addLayout(form);
    column->addWidget(m_message);
}

void RungDialog::buildResults(QVBoxLayout* column)
{
    setLook(m_heading, QStringLiteral("heading"));
    m_heading->setTextFormat(Qt::PlainText);
    m_layers->setModel(m_model);
    m_layers->setAccessibleName(tr("Layers whose codes differ"));
    m_layers->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_layers->setSelectionMode(QAbstractItemView::SingleSelection);
    m_layers->setTabKeyNavigation(false);
    m_layers->setShowGrid(false);
    m_layers->setWordWrap(false);
    m_layers->verticalHeader()->hide();
    auto* header = m_layers->horizontalHeader();
    constexpr int rows_for_width = 100;
    header->setResizeContentsPrecision(rows_for_width);
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(RungLayerModel::Name, QHeaderView::Stretch);
    for (auto* widget : {static_cast<QWidget*>(m_heading), static_cast<QWidget*>(m_rungs),
                         static_cast<QWidget*>(m_first)}) {
        widget->hide(); // until there is something to say
        column->addWidget(widget);
    }
    column->addWidget(m_layers, 1);
}

void RungDialog::setPoint(qint64 id, const QString& origin, int images)
{
    m_point_id = images > 0 ? id : 0;
    m_point->setText(m_point_id == 0 ? tr("choose one that is measured")
                                     : tr("%1 · %2").arg(id).arg(origin));
    if (images > 0) // another project has other images; what was typed stays where it can
        for (auto* box : {m_samples, m_code_samples})
            box->setMaximum(images);
    refresh();
}

void RungDialog::setRunning(bool running)
{
    m_running = running;
    refresh();
}

void RungDialog::refresh()
{
    m_compare->setText(m_running ? tr("Cancel") : tr("Compare"));
    m_compare->setEnabled(m_running || m_point_id != 0);
    for (auto* box : {m_samples, m_code_samples})
        box->setEnabled(!m_running);
    m_device->setEnabled(!m_running);
}

void RungDialog::showReport(const RungReport& report)
{
    const auto& rungs = report.answer.rungs;
    m_heading->setText(tr("Point %1 on %2, %3")
                           .arg(report.point)
                           .arg(images(rungs.integer.samples),
                                QString::fromLatin1(dataRoleName(rungs.integer.role))));
    std::vector<Fact> facts = {factOf(tr("Float"), rungs.float_rung),
                               factOf(tr("Fake"), rungs.fake),
                               factOf(tr("Integer"), rungs.integer)};
    if (report.answer.device)
        facts.push_back(factOf(tr("Device"), report.answer.device->accuracy));
    facts.push_back({tr("Fake − integer"),
                     tr("%1 points · the same class on %2 of %3")
                         .arg(signedNumber(100 * (rungs.fake.top1() - rungs.integer.top1()), 2),
                              count(rungs.agreeing), count(rungs.fake.samples))});
    m_rungs->setFacts(std::move(facts));
    m_first->setText(firstText(report) + (report.answer.device
                                              ? u'\n' + deviceText(*report.answer.device)
                                              : QString()));
    m_model->setCodes(report.network, rungs.codes);
    m_heading->show();
    m_rungs->show();
    m_first->show();
    if (const auto first = rungs.codes.firstDifferingLayer())
        m_layers->selectRow(*first);
}

void RungDialog::showError(const ErrorDetails& error)
{
    m_message->showError(error);
}

RungOrder RungDialog::order() const
{
    return {m_point_id, m_samples->value(), m_code_samples->value(),
            m_device->text().trimmed().toStdString()};
}

} // namespace bitdial
