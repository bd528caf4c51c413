// SPDX-License-Identifier: Apache-2.0
#include "widgets/style/style_sheet.h"

#include "widgets/style/theme.h"

namespace bitdial {
namespace {

constexpr const char* sheet = R"(
*[look="ground"] { background: @ground; }
*[look="panel"] { background: @panel; }
*[look="card"] { background: @panel; border: 1px solid @hairline; border-radius: 6px; }
*[look="card"]:focus { border: 1px solid @accent; }
*[look="line"] { background: @hairline; border: none; }
QLabel { background: transparent; color: @text; }
QLabel[look="heading"] { color: @secondary; font-weight: 600; }
QLabel[look="secondary"] { color: @secondary; }
QLabel[look="name"] { font-weight: 600; }
QLabel[look="figure"] { font-size: 22pt; font-weight: 600; }
QLabel[look="better"] { color: @better; }
QLabel[look="worse"] { color: @worse; }
QPushButton, QToolButton { background: @panel; color: @text; border: 1px solid @hairline;
    border-radius: 5px; padding: 5px 12px; }
QPushButton:hover, QToolButton:hover { background: @segment; }
QPushButton:focus, QToolButton:focus { border: 1px solid @accent; }
QPushButton:disabled, QToolButton:disabled { color: @secondary; }
QPushButton[look="primary"], QToolButton[look="primary"] { background: @accent;
    border: 1px solid @accent; color: @on_accent; font-weight: 600; }
QPushButton[look="primary"]:focus, QToolButton[look="primary"]:focus { border: 1px solid @text; }
QPushButton[look="primary"]:disabled, QToolButton[look="primary"]:disabled {
    background: @segment; border: 1px solid @hairline; color: @secondary; }
QPushButton[look="small"] { padding: 2px 9px; }
QToolButton::menu-indicator { image: none; }
QFileDialog QToolButton { padding: 0; }
QComboBox { background: @panel; color: @text; border: 1px solid @hairline; border-radius: 5px;
    padding: 3px 8px; }
QComboBox:focus { border: 1px solid @accent; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox QAbstractItemView { background: @panel; color: @text; border: 1px solid @hairline;
    selection-background-color: @selection; selection-color: @text; }
QMenu { background: @panel; color: @text; border: 1px solid @hairline; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: @selection; }
QMenu::item:disabled { color: @secondary; }
QMenu::separator { height: 1px; background: @hairline; margin: 4px 0; }
QProgressBar { background: @segment; border: none; border-radius: 3px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QTableView { background: @panel; color: @text; border: none; outline: none;
    selection-background-color: @selection; selection-color: @text; }
QHeaderView { background: @panel; border: none; }
QHeaderView::section { background: @panel; color: @secondary; border: none;
    border-bottom: 1px solid @hairline; padding: 4px 8px; font-weight: 600; }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @faint; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: none; border: none; width: 0; height: 0; }
QToolTip { background: @panel; color: @text; border: 1px solid @hairline; padding: 4px; }
)";

} // namespace

QString styleSheet(const Theme& theme)
{
    QString text = QString::fromLatin1(sheet);
    const std::pair<const char*, QColor> colors[] = {
        {"@on_accent", theme.onAccent()}, {"@accent", theme.accent(0)},
        {"@ground", theme.ground},        {"@panel", theme.panel},
        {"@hairline", theme.hairline},    {"@text", theme.text},
        {"@secondary", theme.secondary},  {"@faint", theme.faint},
        {"@selection", theme.selection},  {"@segment", theme.segment},
        {"@better", theme.better},        {"@worse", theme.worse}};
    for (const auto& [key, color] : colors)
        text.replace(QLatin1String(key), color.name());
    return text;
}

} // namespace bitdial
