// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/document/document.h"
#include "widgets/style/theme.h"

#include <QMainWindow>

#include <array>
#include <vector>

class QActionGroup;
class QMenu;
class QScrollArea;
class QVBoxLayout;

namespace bitdial {

class CostDialog;
class FrontChart;
class HeaderBar;
class JobBar;
class LayerCard;
class MessageBar;
class NetworkPanel;
class PointPanel;
class RungDialog;
class VerifyDialog;

/// Wires a document to the views and the user's actions to the document; decides nothing itself.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    Document* document() { return m_document; }
    void setTheme(ThemeChoice choice);
    /// A project, or a network whose data and targets are then asked for.
    void openFile(const QString& path);
    const std::vector<FrontChart*>& charts() const { return m_charts; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildActions();
    QMenu* buildMenu();
    QMenu* buildThemeMenu();
    QAction* addShortcut(const QString& text, const QKeySequence& keys, void (MainWindow::*slot)());
    void buildViews();
    QWidget* buildCentre();
    QScrollArea* column(QWidget* panel, int width);
    void connectDocument();
    void connectPanels();
    void restore();

    void askForFile();
    void openDemo();
    void listUntitled();
    void save();
    void askForName();
    void askForProfile();
    void askWhatIf();
    void checkNetwork();
    void showCheck(const NetworkCheck& check);
    void showCosts();
    void updateCosts();
    void takeExplanations(const std::shared_ptr<const CostExplanations>& explained);
    void askForSearch();
    void askForExport();
    void showExported(const QString& text, const QString& report);
    void askForVerify();
    void askForRungs();
    void showRungPoint();
    void setPointPanelVisible(bool visible);

    void showDocument();
    void showFile();
    void showNetwork();
    void showPoint();
    void showTargetOf(qint64 id);
    void showJobs();
    void showMeasuring();
    void showError(const ErrorDetails& error);
    void rebuildCharts();
    std::array<JobQueue*, 3> queues() const;
    void enableActions();

    Document* m_document;
    bool m_closing = false;
    QAction* m_open = nullptr;
    QAction* m_save = nullptr;
    QAction* m_save_as = nullptr;
    QAction* m_undo = nullptr;
    QAction* m_redo = nullptr;
    QAction* m_export = nullptr;
    QAction* m_verify = nullptr;
    QAction* m_rungs = nullptr;
    QAction* m_search = nullptr;
    QAction* m_add_profile = nullptr;
    QAction* m_check = nullptr;
    QAction* m_explain = nullptr;
    QAction* m_what_if = nullptr;
    QAction* m_show_point = nullptr;
    QMenu* m_untitled = nullptr;
    QActionGroup* m_themes = nullptr;
    HeaderBar* m_header = nullptr;
    MessageBar* m_message = nullptr;
    NetworkPanel* m_network_panel = nullptr;
    QWidget* m_charts_area = nullptr; ///< the charts and their legend
    QWidget* m_chart_row = nullptr;
    std::vector<FrontChart*> m_charts;
    LayerCard* m_layers = nullptr;
    CostDialog* m_costs = nullptr;           ///< made when it is first asked for
    bool m_costs_asked = false;              ///< shown as soon as they are explained
    VerifyDialog* m_verify_dialog = nullptr; ///< made when it is first asked for
    RungDialog* m_rung_dialog = nullptr;     ///< the same
    QString m_report;                        ///< of the latest export
    PointPanel* m_point_panel = nullptr;
    QScrollArea* m_point_column = nullptr;
    JobBar* m_jobs = nullptr;
};

} // namespace bitdial
