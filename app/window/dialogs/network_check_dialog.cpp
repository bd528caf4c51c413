// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/network_check_dialog.h"

#include "core/network/network_check.h"
#include "widgets/models/node_model.h"
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"
#include "widgets/style/theme.h"
#include "widgets/views/fact_grid.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace bitdial {
namespace {

constexpr int picture_size = 64;
constexpr qsizetype listed_refusals = 6;

QLabel* textLabel(const QString& text, const QString& look, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText); // names come from files of others
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    setLook(label, look);
    return label;
}

QString count(std::int64_t value)
{
    return QLocale().toString(qlonglong(value));
}

QString refusalText(const TargetCheck& target, const Network& network)
{
    QStringList lines;
    for (const auto& refusal : target.refusals)
        lines << QStringLiteral("%1: %2").arg(
            QString::fromStdString(network.layer(refusal.layer).name),
            QString::fromStdString(refusal.reason));
    const auto all = lines.size();
    if (all > listed_refusals) {
        lines = lines.mid(0, listed_refusals);
        lines << NetworkCheckDialog::tr("and %1 more").arg(all - listed_refusals);
    }
    if (!target.memory.empty())
        lines << NetworkCheckDialog::tr("at 8/8: %1").arg(QString::fromStdString(target.memory));
    return lines.join(u'\n');
}

QString rangeText(const DataSummary& data)
{
    QStringList channels;
    for (const auto& channel : data.channels)
        channels << NetworkCheckDialog::tr("%1 … %2, mean %3, deviation %4")
                        .arg(QString::number(double(channel.min), 'g', 3),
                             QString::number(double(channel.max), 'g', 3),
                             QString::number(channel.mean, 'g', 3),
                             QString::number(channel.deviation, 'g', 3));
    return channels.join(u'\n');
}

QWidget* pictureOf(const Thumbnail& thumbnail, QWidget* parent)
{
    const QImage image(thumbnail.rgb.data(), thumbnail.width, thumbnail.height,
                       qsizetype(3) * thumbnail.width, QImage::Format_RGB888);
    auto* cell = new QWidget(parent);
    auto* column = new QVBoxLayout(cell);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* picture = new QLabel(cell);
    picture->setPixmap(QPixmap::fromImage(
        image.scaled(picture_size, picture_size, Qt::KeepAspectRatio, Qt::FastTransformation)));
    picture->setFixedSize(picture_size, picture_size);
    picture->setAlignment(Qt::AlignCenter);
    const auto label = QString::number(thumbnail.label);
    picture->setAccessibleName(
        NetworkCheckDialog::tr("Sample %1, class %2").arg(thumbnail.sample).arg(label));
    column->addWidget(picture);
    auto* text = textLabel(label, QStringLiteral("secondary"), cell);
    text->setAlignment(Qt::AlignCenter);
    column->addWidget(text);
    return cell;
}

} // namespace

NetworkCheckDialog::NetworkCheckDialog(const NetworkCheck& check, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Check of %1").arg(QString::fromStdString(check.network->name())));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 18, 20, 16);
    column->setSpacing(10);
    addFacts(column, check);
    if (check.data)
        addData(column, check);
    addNodes(column, *check.network);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
    resize(760, 680);
}

void NetworkCheckDialog::addFacts(QVBoxLayout* column, const NetworkCheck& check)
{
    const auto& network = *check.network;
    const auto facts = networkFacts(network);
    column->addWidget(textLabel(tr("Network"), QStringLiteral("heading"), this));
    auto* grid = new FactGrid(this);
    std::vector<Fact> lines = {
        {tr("MACs"), count(facts.macs)},
        {tr("Parameters"), count(facts.parameters)},
        {tr("Weights at 8 bits"), tr("%1 bytes").arg(count(facts.weights))},
        {tr("Activations at 8 bits"),
         tr("at most %1 bytes at once, in %2")
             .arg(count(facts.peak_activations),
                  QString::fromStdString(network.layer(facts.peak_layer).name))},
        {tr("Nodes"), tr("%1 layers, %2 fused, %3 passed through, %4 unsupported")
                          .arg(facts.quantizable)
                          .arg(facts.fused)
                          .arg(facts.passed_through)
                          .arg(facts.unsupported)}};
    for (const auto& target : check.targets)
        lines.push_back({QString::fromStdString(target.profile),
                         target.runs() ? tr("runs all of it") : tr("cannot run it"),
                         target.runs() ? QString() : QStringLiteral("worse"),
                         {}});
    grid->setFacts(std::move(lines));
    column->addWidget(grid);
    for (const auto& target : check.targets)
        if (!target.runs())
            column->addWidget(
                textLabel(refusalText(target, network), QStringLiteral("worse"), this));
}

void NetworkCheckDialog::addData(QVBoxLayout* column, const NetworkCheck& check)
{
    const auto& samples = *check.data;
    column->addSpacing(6);
    column->addWidget(textLabel(tr("Data"), QStringLiteral("heading"), this));
    auto* grid = new FactGrid(this);
    grid->setFacts(
        {{tr("Samples"), tr("%1 of %2 classes, %3 to %4 each")
                             .arg(count(samples.samples))
                             .arg(samples.used_classes)
                             .arg(count(samples.min_per_class), count(samples.max_per_class))},
         {tr("Input values"),
          rangeText(samples),
          {},
          tr("As the network is given them, of %1 samples; one line per channel")
              .arg(samples.examined)},
         {tr("Float top-1"),
          check.accuracy ? accuracyText(*check.accuracy) : tr("not measured yet")}});
    column->addWidget(grid);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    for (const auto& thumbnail : samples.thumbnails)
        row->addWidget(pictureOf(thumbnail, this));
    row->addStretch(1);
    column->addLayout(row);
    for (const auto& warning : check.data_warnings)
        column->addWidget(
            textLabel(QString::fromStdString(warning), QStringLiteral("worse"), this));
}

void NetworkCheckDialog::addNodes(QVBoxLayout* column, const Network& network)
{
    auto* model = new NodeModel(this);
    model->setNodes(network.report());
    auto* table = new QTableView(this);
    table->setModel(model);
    table->setAccessibleName(tr("Nodes of the network"));
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    // Of ten thousand nodes the first ones say how wide the columns are.
    constexpr int rows_for_width = 100;
    auto* header = table->horizontalHeader();
    header->setResizeContentsPrecision(rows_for_width);
    header->setStretchLastSection(true);
    table->resizeColumnsToContents();
    constexpr int widest = 240;
    for (int i = 0; i < NodeModel::Detail; ++i)
        table->setColumnWidth(i, std::min(table->columnWidth(i), widest));
    column->addSpacing(6);
    column->addWidget(textLabel(tr("Nodes"), QStringLiteral("heading"), this));
    column->addWidget(table, 1);
}

} // namespace bitdial
