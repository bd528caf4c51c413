// SPDX-License-Identifier: Apache-2.0
#include "app/window/main_window.h"

#include "app/window/dialogs/dialog_parts.h"
#include "app/window/document/words.h"
#include "app/window/views/header_bar.h"
#include "app/window/views/layer_card.h"
#include "widgets/charts/front_chart.h"
#include "widgets/charts/mark_legend.h"
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"
#include "widgets/views/fact_grid.h"
#include "widgets/views/job_bar.h"
#include "widgets/views/layer_table.h"
#include "widgets/views/message_bar.h"
#include "widgets/views/network_panel.h"
#include "widgets/views/point_panel.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QLocale>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace bitdial {
namespace {

constexpr int network_width = 244;
constexpr int point_width = 256;
constexpr int least_chart_width = 200; ///< three targets fit into the smallest window
constexpr int folding_width = 1280;    ///< narrower windows hide the right column

QWidget* hairline(Qt::Orientation orientation, QWidget* parent)
{
    auto* line = new QWidget(parent);
    line->setAttribute(Qt::WA_StyledBackground);
    setLook(line, QStringLiteral("line"));
    if (orientation == Qt::Horizontal)
        line->setFixedHeight(1);
    else
        line->setFixedWidth(1);
    return line;
}

QString measuringText(const JobQueue& queue)
{
    if (queue.progress().fraction < 0)
        return MainWindow::tr("measuring…");
    return MainWindow::tr("measuring… %1 on %2")
        .arg(percent(queue.progress().fraction, 0), queue.progress().phase);
}

} // namespace

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent), m_document(new Document(this))
{
    setWindowTitle(tr("Bitdial"));
    buildActions();
    buildViews();
    connectDocument();
    connectPanels();
    showDocument();
    showJobs();
    restore();
    m_layers->table()->setFocus();
}

MainWindow::~MainWindow() = default;

QScrollArea* MainWindow::column(QWidget* panel, int width)
{
    panel->setAttribute(Qt::WA_StyledBackground);
    setLook(panel, QStringLiteral("panel"));
    auto* area = new QScrollArea(this);
    area->setWidget(panel);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    area->setFixedWidth(std::max(width, panel->minimumSizeHint().width()));
    return area;
}

QWidget* MainWindow::buildCentre()
{
    auto* centre = new QSplitter(Qt::Vertical, this);
    centre->setObjectName(QStringLiteral("centre"));
    centre->setChildrenCollapsible(false);
    centre->setHandleWidth(12);
    m_charts_area = new QWidget(centre);
    m_chart_row = new QWidget(m_charts_area);
    auto* area = new QVBoxLayout(m_charts_area);
    area->setContentsMargins(0, 0, 0, 0);
    area->setSpacing(6);
    area->addWidget(m_chart_row, 1);
    area->addWidget(new MarkLegend(m_document->points(), m_charts_area));
    auto* row = new QHBoxLayout(m_chart_row);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    m_layers = new LayerCard(m_document, centre);
    centre->addWidget(m_charts_area);
    centre->addWidget(m_layers);
    centre->setStyleSheet(QStringLiteral("QSplitter::handle { image: none; }"));
    centre->setStretchFactor(0, 2);
    centre->setStretchFactor(1, 3);
    centre->setSizes({340, 500});
    return centre;
}

void MainWindow::buildViews()
{
    m_header = new HeaderBar({buildMenu(), m_open, m_undo, m_redo, m_export, m_search}, this);
    m_message = new MessageBar(this);
    m_network_panel = new NetworkPanel(this);
    m_point_panel = new PointPanel(this);
    m_point_column = column(m_point_panel, point_width);
    m_jobs = new JobBar(this);
    m_jobs->setAttribute(Qt::WA_StyledBackground);
    setLook(m_jobs, QStringLiteral("panel"));

    auto* middle = new QVBoxLayout;
    middle->setContentsMargins(14, 12, 14, 12);
    middle->setSpacing(12);
    middle->addWidget(m_message);
    middle->addWidget(buildCentre(), 1);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(0);
    columns->addWidget(column(m_network_panel, network_width));
    columns->addWidget(hairline(Qt::Vertical, this));
    columns->addLayout(middle, 1);
    columns->addWidget(hairline(Qt::Vertical, this));
    columns->addWidget(m_point_column);
    auto* all = new QWidget(this);
    all->setAttribute(Qt::WA_StyledBackground);
    setLook(all, QStringLiteral("ground"));
    auto* rows = new QVBoxLayout(all);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    rows->addWidget(m_header);
    rows->addWidget(hairline(Qt::Horizontal, this));
    rows->addLayout(columns, 1);
    rows->addWidget(hairline(Qt::Horizontal, this));
    rows->addWidget(m_jobs);
    setCentralWidget(all);
}

void MainWindow::connectDocument()
{
    auto* points = m_document->points();
    connect(m_document, &Document::opened, m_message, &MessageBar::clear);
    connect(m_document, &Document::opened, this, &MainWindow::showDocument);
    connect(m_document, &Document::targetsChanged, this, &MainWindow::showDocument);
    connect(m_document, &Document::fileChanged, this, &MainWindow::showFile);
    connect(m_document, &Document::failed, this, &MainWindow::showError);
    connect(m_document, &Document::checked, this, &MainWindow::showCheck);
    connect(m_document, &Document::noticed, m_message,
            [this](const QString& text) { m_message->showNotice(text); });
    connect(m_document, &Document::exported, this, &MainWindow::showExported);
    connect(m_message, &MessageBar::noticeActionTriggered, this,
            [this] { showText(this, tr("Report of the export"), m_report); });
    connect(m_document, &Document::floatAccuracyChanged, this, &MainWindow::showNetwork);
    connect(m_document, &Document::measuringChanged, this, &MainWindow::showMeasuring);
    connect(points, &PointModel::selectedChanged, this, &MainWindow::showTargetOf);
    connect(points, &PointModel::selectedChanged, this, &MainWindow::showPoint);
    connect(points, &PointModel::pointsChanged, this, &MainWindow::showPoint);
    connect(points, &PointModel::pointsChanged, this, &MainWindow::showFile);
    for (auto* queue : queues())
        connect(queue, &JobQueue::changed, this, &MainWindow::showJobs);
    connect(m_document, &Document::idle, this, [this] {
        if (m_closing)
            close();
    });
    auto* undo = m_document->undoStack();
    connect(undo, &QUndoStack::canUndoChanged, this, &MainWindow::enableActions);
    connect(undo, &QUndoStack::canRedoChanged, this, &MainWindow::enableActions);
    connect(undo, &QUndoStack::indexChanged, this, &MainWindow::enableActions);
}

void MainWindow::connectPanels()
{
    connect(m_network_panel, &NetworkPanel::targetToggled, this, [this](int target, bool visible) {
        if (std::size_t(target) < m_charts.size())
            m_charts[std::size_t(target)]->setVisible(visible);
        m_layers->setTargetVisible(target, visible);
    });
    connect(m_network_panel, &NetworkPanel::addProfileRequested, this, &MainWindow::askForProfile);
    connect(m_layers, &LayerCard::explainRequested, this, &MainWindow::showCosts);
    connect(m_network_panel, &NetworkPanel::checkRequested, this, &MainWindow::checkNetwork);
    connect(m_network_panel, &NetworkPanel::rungChosen, this, [this](std::optional<Rung> rung) {
        m_document->points()->setRungChoice(rung);
        m_point_panel->setRungChoice(rung);
    });
    connect(m_point_panel, &PointPanel::parentActivated, this,
            [this](qint64 id) { m_document->points()->setSelected(id); });
    connect(m_jobs, &JobBar::cancelRequested, this, [this](int number) {
        auto* queue = queues().at(std::size_t(number));
        queue->cancel(queue->current());
    });
}

void MainWindow::restore()
{
    const QSettings settings;
    if (!restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray()))
        resize(1440, 900);
    const auto theme = settings.value(QStringLiteral("window/theme")).toString();
    setTheme(themeChoiceFromName(theme).value_or(ThemeChoice::System));
    setPointPanelVisible(width() >= folding_width);
}

void MainWindow::rebuildCharts()
{
    for (auto* chart : m_charts)
        delete chart;
    m_charts.clear();
    const int count = int(m_document->targets().size());
    for (int target = 0; target < count; ++target) {
        auto* chart = new FrontChart(m_document->points(), target, m_chart_row);
        chart->setMinimumWidth(least_chart_width);
        m_chart_row->layout()->addWidget(chart);
        connect(chart, &FrontChart::pointActivated, this,
                [this, target] { m_point_panel->setMainTarget(target); });
        m_charts.push_back(chart);
    }
    m_charts_area->setVisible(count > 0);
}

void MainWindow::showDocument()
{
    rebuildCharts();
    m_network_panel->setTargets(m_document->targets());
    for (int target = 0; target < int(m_document->targets().size()); ++target)
        m_layers->setTargetVisible(target, true);
    QStringList names;
    if (m_document->isOpen())
        for (const auto& layer : m_document->project().network->layers())
            names << QString::fromStdString(layer.name);
    m_point_panel->setLayerNames(names);
    m_point_panel->setMainTarget(0);
    showNetwork();
    showFile();
    showPoint();
    enableActions();
}

void MainWindow::showFile()
{
    const auto& project = m_document->project();
    if (!m_document->isOpen()) {
        m_header->setDocument({}, {}, {});
        m_jobs->setSaved({});
        return;
    }
    m_header->setDocument(QString::fromStdString(project.name), m_document->fileName(),
                          QString::fromStdString(project.path.string()));
    const auto count = pointCount(m_document->points()->rowCount());
    m_jobs->setSaved(project.untitled ? tr("%1 · kept, not saved under a name yet").arg(count)
                                      : tr("%1 · saved").arg(count));
}

void MainWindow::showNetwork()
{
    if (!m_document->isOpen()) {
        m_network_panel->setNetwork({});
        return;
    }
    const auto& network = *m_document->project().network;
    NetworkSummary summary;
    summary.name = QString::fromStdString(m_document->project().name);
    for (const auto& layer : network.layers())
        summary.quantizable_layers += int(layer.hasWeights() && layer.whyNotQuantizable().empty());
    summary.macs = network.macs();
    summary.parameters = network.parameterCount();
    if (const auto& accuracy = m_document->floatAccuracy()) {
        summary.float_top1 = percent(accuracy->top1());
        summary.float_detail =
            tr("n = %1 · %2").arg(QLocale().toString(accuracy->samples), intervalText(*accuracy));
        summary.float_tool_tip = accuracyText(*accuracy);
    } else {
        summary.float_top1 = !network.hasParameters()           ? tr("no weights")
                             : !m_document->project().hasData() ? tr("no data")
                             : m_document->isMeasuringFloat()   ? tr("measuring…")
                                                                : tr("not measured");
    }
    for (const auto& node : network.report())
        if (node.fate == NodeFate::Unsupported)
            summary.unsupported << QStringLiteral("%1 (%2): %3")
                                       .arg(QString::fromStdString(node.name),
                                            QString::fromStdString(node.op),
                                            QString::fromStdString(node.detail));
    m_network_panel->setNetwork(summary);
}

/// A point that was made for one target is shown with that one's figures first; a click in a
/// chart then asks for the chart's.
void MainWindow::showTargetOf(qint64 id)
{
    const auto* row = m_document->points()->find(id);
    if (!row || row->point.provenance.target.empty())
        return;
    const auto name = QString::fromStdString(row->point.provenance.target);
    const auto& targets = m_document->targets();
    const auto found = std::ranges::find(targets, name, &TargetInfo::name);
    if (found != targets.end())
        m_point_panel->setMainTarget(int(found - targets.begin()));
}

void MainWindow::showPoint()
{
    const auto* points = m_document->points();
    const auto* row = points->find(points->selected());
    m_point_panel->setPoint(row, m_document->reference(), points->targets(),
                            row == nullptr ? nullptr : points->shownAccuracy(row->point));
    if (row != nullptr && m_document->reference() != nullptr)
        m_point_panel->setLayerCosts(m_document->layerCosts(*row),
                                     m_document->layerCosts(*m_document->reference()));
    showMeasuring();
    showRungPoint();
    enableActions();
}

void MainWindow::showMeasuring()
{
    const auto selected = m_document->points()->selected();
    const bool measuring = m_document->isMeasuring(selected);
    m_point_panel->setMeasuring(measuring ? measuringText(*m_document->measurements()) : QString());
}

/// The longest jobs first: a search, an export or opening, a measurement.
std::array<JobQueue*, 3> MainWindow::queues() const
{
    return {m_document->searches(), m_document->works(), m_document->measurements()};
}

void MainWindow::showJobs()
{
    enableActions();
    std::vector<JobStatus> jobs;
    const auto all = queues();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i]->isWorthShowing())
            continue;
        const auto& progress = all[i]->progress();
        jobs.push_back({int(i), all[i]->currentName(), progress.phase, progress.fraction,
                        progress.eta_low_s, progress.eta_high_s, all[i]->isCancelling()});
    }
    m_jobs->setJobs(jobs);
}

void MainWindow::showError(const ErrorDetails& error)
{
    m_message->showError(error);
}

void MainWindow::setPointPanelVisible(bool visible)
{
    m_point_column->setVisible(visible);
    m_show_point->setChecked(visible);
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    const bool was_wide = event->oldSize().width() >= folding_width;
    const bool is_wide = event->size().width() >= folding_width;
    if (event->oldSize().isValid() && was_wide != is_wide)
        setPointPanelVisible(is_wide);
}

/// Jobs end first, while the window still answers; then it closes by itself.
void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_closing) {
        m_closing = true;
        QSettings settings;
        settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
        centralWidget()->setEnabled(false);
        m_message->showNotice(tr("Closing: the running jobs are ending. Points are kept."));
        m_document->close();
    }
    if (m_document->isIdle()) {
        event->accept();
        return;
    }
    event->ignore();
}

} // namespace bitdial
