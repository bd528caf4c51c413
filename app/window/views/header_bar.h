// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QAction;
class QLabel;
class QMenu;

namespace bitdial {

/// The top row: what is open, and the main actions as buttons.
class HeaderBar : public QWidget {
    Q_OBJECT

public:
    struct Actions {
        QMenu* menu;
        QAction* open;
        QAction* undo;
        QAction* redo;
        QAction* export_point;
        QAction* search;
    };
    HeaderBar(const Actions& actions, QWidget* parent);

    /// Empty texts: nothing is open.
    void setDocument(const QString& network, const QString& file, const QString& file_tool_tip);

private:
    QLabel* m_network;
    QLabel* m_file;
};

} // namespace bitdial
