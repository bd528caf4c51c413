// SPDX-License-Identifier: Apache-2.0
// The main window's actions, menus and the dialogs that they open.
#include "app/window/main_window.h"

#include "app/window/dialogs/cost_dialog.h"
#include "app/window/dialogs/network_check_dialog.h"
#include "app/window/dialogs/new_project_dialog.h"
#include "app/window/dialogs/search_dialog.h"
#include "app/window/dialogs/what_if_dialog.h"
#include "app/window/views/layer_card.h"
#include "widgets/views/layer_table.h"
#include "widgets/views/message_bar.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QFileDialog>
#include <QLocale>
#include <QMenu>
#include <QSettings>
#include <QStandardPaths>

#include <iterator>
#include <utility>

namespace bitdial {
namespace {

constexpr const char* theme_names[] = {"system", "light", "dark"};

/// The home folder where there is no folder for documents: a file dialog would take its name for
/// that of a file.
QString documentsFolder()
{
    const auto documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    return QDir(documents).exists() ? documents : QDir::homePath();
}

/// A file dialog that does not stop the event loop of the window.
QFileDialog* fileDialog(QWidget* parent, const QString& title, const QString& filter)
{
    auto* dialog = new QFileDialog(parent, title, documentsFolder(), filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    return dialog;
}

std::vector<DesignPoint> pointsOf(Document& document)
{
    std::vector<DesignPoint> points;
    for (const auto& row : document.points()->rows())
        points.push_back(row.point);
    return points;
}

} // namespace

QAction* MainWindow::addShortcut(const QString& text, const QKeySequence& keys,
                                 void (MainWindow::*slot)())
{
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, slot);
    addAction(action); // shortcuts work without the menu being open
    return action;
}

void MainWindow::buildActions()
{
    const auto keys = [](Qt::Key key, Qt::KeyboardModifiers extra = {}) {
        return QKeySequence(QKeyCombination(Qt::ControlModifier | extra, key));
    };
    m_open = addShortcut(tr("&Open…"), keys(Qt::Key_O), &MainWindow::askForFile);
    m_save = addShortcut(tr("&Save"), keys(Qt::Key_S), &MainWindow::save);
    m_save_as =
        addShortcut(tr("Save &as…"), keys(Qt::Key_S, Qt::ShiftModifier), &MainWindow::askForName);
    m_export = addShortcut(tr("&Export…"), keys(Qt::Key_E), &MainWindow::askForExport);
    m_verify = addShortcut(tr("&Verify an export…"), keys(Qt::Key_E, Qt::ShiftModifier),
                           &MainWindow::askForVerify);
    m_rungs = addShortcut(tr("Compare run&gs…"), keys(Qt::Key_R, Qt::ShiftModifier),
                          &MainWindow::askForRungs);
    m_search = addShortcut(tr("Sea&rch…"), keys(Qt::Key_R), &MainWindow::askForSearch);
    m_check = addShortcut(tr("Network &check…"), keys(Qt::Key_I), &MainWindow::checkNetwork);
    m_explain = addShortcut(tr("Where the &time goes…"), keys(Qt::Key_T), &MainWindow::showCosts);
    m_add_profile = addShortcut(tr("Add &profile…"), {}, &MainWindow::askForProfile);
    m_what_if = addShortcut(tr("&What if…"), {}, &MainWindow::askWhatIf);
    m_undo = new QAction(tr("&Undo"), this);
    m_undo->setShortcut(keys(Qt::Key_Z));
    connect(m_undo, &QAction::triggered, m_document, &Document::undo);
    m_redo = new QAction(tr("&Redo"), this);
    m_redo->setShortcut(keys(Qt::Key_Z, Qt::ShiftModifier));
    connect(m_redo, &QAction::triggered, m_document, &Document::redo);
    m_show_point = new QAction(tr("Selected &point"), this);
    m_show_point->setCheckable(true);
    m_show_point->setShortcut(Qt::Key_F9);
    connect(m_show_point, &QAction::triggered, this, &MainWindow::setPointPanelVisible);
    addActions({m_undo, m_redo, m_show_point});
}

QMenu* MainWindow::buildMenu()
{
    auto* menu = new QMenu(this);
    menu->addAction(m_open);
    auto* demo = menu->addAction(tr("Open the &demo"));
    connect(demo, &QAction::triggered, this, &MainWindow::openDemo);
    m_untitled = menu->addMenu(tr("Un&named projects"));
    connect(m_untitled, &QMenu::aboutToShow, this, &MainWindow::listUntitled);
    menu->addAction(m_save);
    menu->addAction(m_save_as);
    menu->addSeparator();
    menu->addAction(m_undo);
    menu->addAction(m_redo);
    menu->addSeparator();
    menu->addAction(m_search);
    menu->addAction(m_export);
    menu->addAction(m_verify);
    menu->addAction(m_rungs);
    menu->addAction(m_check);
    menu->addAction(m_explain);
    menu->addAction(m_add_profile);
    menu->addAction(m_what_if);
    menu->addSeparator();
    auto* view = menu->addMenu(tr("&View"));
    view->addAction(m_show_point);
    view->addMenu(buildThemeMenu());
    menu->addSeparator();
    auto* quit = new QAction(tr("&Quit"), this);
    quit->setShortcut(QKeySequence::Quit);
    connect(quit, &QAction::triggered, this, &QWidget::close);
    addAction(quit);
    menu->addAction(quit);
    return menu;
}

QMenu* MainWindow::buildThemeMenu()
{
    auto* menu = new QMenu(tr("&Theme"), this);
    m_themes = new QActionGroup(this);
    const QString titles[] = {tr("&System"), tr("&Light"), tr("&Dark")};
    for (int i = 0; i < int(std::size(titles)); ++i) {
        auto* action = menu->addAction(titles[i]);
        action->setCheckable(true);
        m_themes->addAction(action);
        connect(action, &QAction::triggered, this, [this, i] {
            setTheme(ThemeChoice(i));
            QSettings().setValue(QStringLiteral("window/theme"),
                                 QString::fromLatin1(theme_names[i]));
        });
    }
    return menu;
}

void MainWindow::setTheme(ThemeChoice choice)
{
    m_themes->actions().at(int(choice))->setChecked(true);
    applyTheme(*qApp, choice);
}

void MainWindow::checkNetwork()
{
    m_document->check();
}

void MainWindow::showCheck(const NetworkCheck& check)
{
    auto* dialog = new NetworkCheckDialog(check, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::showCosts()
{
    if (m_costs == nullptr) {
        m_costs = new CostDialog(this);
        auto* rows = m_layers->table()->selectionModel();
        connect(rows, &QItemSelectionModel::currentRowChanged, m_costs,
                [this](const QModelIndex& row) { m_costs->setLayer(row.row()); });
        connect(m_document->layers(), &QAbstractItemModel::dataChanged, this,
                &MainWindow::updateCosts);
        connect(m_document->layers(), &QAbstractItemModel::modelReset, this,
                &MainWindow::updateCosts);
        connect(m_document, &Document::explained, this, &MainWindow::takeExplanations);
    }
    m_costs_asked = true;
    m_document->explain();
}

void MainWindow::updateCosts()
{
    if (!m_document->isOpen())
        m_costs->hide();
    else if (m_costs->isVisible() || m_costs_asked)
        m_document->explain();
}

void MainWindow::takeExplanations(const std::shared_ptr<const CostExplanations>& explained)
{
    const auto current = m_layers->table()->currentIndex();
    m_costs->setExplanations(explained, m_document->targets());
    if (!std::exchange(m_costs_asked, false))
        return; // it is shown already, or was closed meanwhile
    m_costs->setLayer(current.isValid() ? current.row() : 0);
    m_costs->show();
    m_costs->raise();
}

void MainWindow::enableActions()
{
    const bool open = m_document->isOpen() && !m_closing;
    const auto* undo = m_document->undoStack();
    m_save->setEnabled(open);
    m_save_as->setEnabled(open);
    m_add_profile->setEnabled(open);
    m_check->setEnabled(open);
    for (auto* action : {m_explain, m_what_if})
        action->setEnabled(open && !m_document->targets().empty());
    m_undo->setEnabled(open && undo->canUndo());
    m_redo->setEnabled(open && undo->canRedo());
    m_undo->setText(undo->canUndo() ? tr("&Undo %1").arg(undo->undoText()) : tr("&Undo"));
    m_redo->setText(undo->canRedo() ? tr("&Redo %1").arg(undo->redoText()) : tr("&Redo"));
    const bool has_data = open && m_document->project().hasData();
    m_search->setEnabled(has_data && !m_document->targets().empty() &&
                         m_document->project().network->hasParameters() &&
                         m_document->searches()->isIdle());
    const auto* row = m_document->points()->find(m_document->points()->selected());
    const bool has_numbers = has_data && row != nullptr && !row->point.state_hash.empty();
    m_export->setEnabled(has_numbers);
    m_rungs->setEnabled(has_numbers);
    m_verify->setEnabled(!m_closing);
}

void MainWindow::openFile(const QString& path)
{
    if (path.endsWith(QStringLiteral(".bitdial"))) {
        m_document->open(path.toStdString());
        return;
    }
    auto* dialog = new NewProjectDialog(path, profileNames(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { m_document->create(dialog->wanted()); });
    dialog->open();
}

void MainWindow::askForFile()
{
    auto* dialog = fileDialog(this, tr("Open a project or a network"),
                              tr("Projects and networks (*.bitdial *.onnx)"));
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFile);
    dialog->open();
}

void MainWindow::openDemo()
{
    m_document->create({"demo", "demo", {"pulp-open-xpulpnn", "pulp-open-xpulpv2"}});
}

void MainWindow::listUntitled()
{
    m_untitled->clear();
    const QDir folder(QString::fromStdString(Document::untitledFolder().string()));
    const auto files = folder.entryInfoList({QStringLiteral("*.bitdial")}, QDir::Files, QDir::Time);
    for (const auto& file : files) {
        const auto path = file.absoluteFilePath();
        if (path.toStdString() == m_document->project().path)
            continue;
        auto* action =
            m_untitled->addAction(QLocale().toString(file.lastModified(), QLocale::ShortFormat));
        connect(action, &QAction::triggered, this, [this, path] { openFile(path); });
    }
    if (m_untitled->isEmpty())
        m_untitled->addAction(tr("none"))->setEnabled(false);
}

void MainWindow::save()
{
    if (m_document->project().untitled)
        askForName();
    else
        m_message->showNotice(tr("%1 is up to date: every point is in it as soon as it is shown.")
                                  .arg(m_document->fileName()));
}

void MainWindow::askForName()
{
    auto* dialog = fileDialog(this, tr("Save the project"), tr("Projects (*.bitdial)"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setDefaultSuffix(QStringLiteral("bitdial"));
    dialog->selectFile(QString::fromStdString(m_document->project().name) +
                       QStringLiteral(".bitdial"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& file) { m_document->saveAs(file.toStdString()); });
    dialog->open();
}

void MainWindow::askForProfile()
{
    if (!m_document->isOpen())
        return;
    auto* dialog = fileDialog(this, tr("Add a hardware profile"), tr("Profiles (*.json)"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& file) { m_document->addProfile(file.toStdString()); });
    dialog->open();
}

void MainWindow::askWhatIf()
{
    auto* dialog = new WhatIfDialog(m_document->project().profiles, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { m_document->addWhatIf(dialog->target(), dialog->settings()); });
    dialog->open();
}

void MainWindow::askForSearch()
{
    // What is only shown is not in the file, so a search for it could not be resumed.
    auto targets = m_document->targets();
    std::erase_if(targets, [this](const TargetInfo& target) {
        return m_document->project().shown_only.contains(target.name.toStdString());
    });
    SearchHistory history{{}, m_document->resumables()};
    const auto points = pointsOf(*m_document);
    for (const auto& method : m_document->searchMethods().all())
        history.latest[method->name()] = requestFromPoints(points, method->name());
    auto* dialog = new SearchDialog(targets, m_document->searchMethods(), history, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { m_document->search(dialog->request()); });
    dialog->open();
}

} // namespace bitdial
