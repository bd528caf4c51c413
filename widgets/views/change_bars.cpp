// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/change_bars.h"

#include "widgets/style/figures.h"
#include "widgets/style/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr std::size_t most_lines = 7;
constexpr int bar_height = 8;
constexpr int gap = 8;

QString differenceText(double cycles)
{
    return (cycles < 0 ? QChar(0x2212) : QChar(u'+')) + shortCount(std::abs(cycles));
}

constexpr int least_bar_room = 48; ///< names matter more than the bars' resolution

} // namespace

std::vector<LayerChange> layerChanges(const NetworkCost& cost, const NetworkCost& reference,
                                      const QStringList& names)
{
    std::vector<LayerChange> changes;
    const auto count =
        std::min({cost.layers.size(), reference.layers.size(), std::size_t(names.size())});
    for (std::size_t i = 0; i < count; ++i) {
        const double cycles = cost.layers[i].latency_cycles - reference.layers[i].latency_cycles;
        // Less than half a cycle is rounding of the model.
        if (std::abs(cycles) >= 0.5)
            changes.push_back({names[qsizetype(i)], cycles});
    }
    std::ranges::stable_sort(changes, std::greater(),
                             [](const LayerChange& change) { return std::abs(change.cycles); });
    return changes;
}

ChangeBars::ChangeBars(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("What changed, in cycles"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ChangeBars::setChanges(std::vector<LayerChange> changes)
{
    if (changes.size() > most_lines) {
        double others = 0;
        for (std::size_t i = most_lines - 1; i < changes.size(); ++i)
            others += changes[i].cycles;
        const auto count = int(changes.size() - (most_lines - 1));
        changes.resize(most_lines - 1);
        changes.push_back({tr("%1 others").arg(count), others});
    }
    m_lines = std::move(changes);
    QStringList words;
    for (const auto& line : m_lines)
        words << tr("%1: %2 cycles").arg(line.layer, differenceText(line.cycles));
    setAccessibleDescription(words.join(u'\n'));
    setToolTip(words.join(u'\n'));
    updateGeometry();
    update();
}

int ChangeBars::lineHeight() const
{
    return fontMetrics().height() + 4;
}

QSize ChangeBars::sizeHint() const
{
    return {220, int(m_lines.size()) * lineHeight()};
}

QSize ChangeBars::minimumSizeHint() const
{
    return {140, sizeHint().height()};
}

void ChangeBars::paintEvent(QPaintEvent*)
{
    const auto& theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto metrics = fontMetrics();
    double largest = 0;
    int names = 0;
    int figures = 0;
    for (const auto& line : m_lines) {
        largest = std::max(largest, std::abs(line.cycles));
        // One more than the rounded advance, or a name that fits would be elided.
        names = std::max(names, metrics.horizontalAdvance(line.layer) + 1);
        figures = std::max(figures, metrics.horizontalAdvance(differenceText(line.cycles)));
    }
    names = std::min(names, width() - figures - 2 * gap - least_bar_room);
    const double room = std::max(8, width() - names - figures - 2 * gap);
    double y = 0;
    for (const auto& line : m_lines) {
        const QRectF row(0, y, width(), lineHeight());
        painter.setPen(theme.text);
        painter.drawText(QRectF(0, y, names, row.height()), Qt::AlignVCenter | Qt::TextSingleLine,
                         metrics.elidedText(line.layer, Qt::ElideMiddle, names));
        const double length = std::max(2.0, room * std::abs(line.cycles) / largest);
        painter.setPen(Qt::NoPen);
        painter.setBrush(line.cycles < 0 ? theme.better : theme.worse);
        painter.drawRoundedRect(
            QRectF(names + gap, row.center().y() - bar_height / 2.0, length, bar_height), 2, 2);
        painter.setPen(theme.secondary);
        painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine,
                         differenceText(line.cycles));
        y += lineHeight();
    }
}

} // namespace bitdial
