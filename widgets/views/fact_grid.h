// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;

namespace bitdial {

/// One line of facts: a name and a value with its unit.
struct Fact {
    QString name;
    QString value;
    QString look = {};     ///< of the value, as in style_sheet.h: "better", "worse", "secondary"
    QString tool_tip = {}; ///< of both
    int target = -1;       ///< a dot in this target's accent before the name; -1: none
};

/// Names on the left, values right-aligned; one without a name has the whole width. Labels are kept
/// and only their texts change.
class FactGrid : public QWidget {
    Q_OBJECT

public:
    explicit FactGrid(QWidget* parent = nullptr);
    void setFacts(std::vector<Fact> facts);

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void place(int row, QWidget* value, bool whole_width);

    struct Line {
        QLabel* name;
        QLabel* value;
    };
    QGridLayout* m_grid;
    std::vector<Fact> m_facts;
    std::vector<Line> m_lines;
};

/// Gives a label a look of the style sheet and re-polishes it when that changed.
void setLook(QWidget* widget, const QString& look);

} // namespace bitdial
