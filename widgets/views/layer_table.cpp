// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/layer_table.h"

#include "widgets/models/layer_model.h"
#include "widgets/style/theme.h"
#include "widgets/views/bits_delegate.h"
#include "widgets/views/cell_ground.h"
#include "widgets/views/latency_bar_delegate.h"

#include <QEvent>
#include <QHeaderView>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <numeric>
#include <vector>

namespace bitdial {
namespace {

constexpr int row_height = 33;
constexpr int margin = 8;

/// Plain text on the row's ground with a hairline below; the first column and the cycles are in the
/// text colour, what explains them is secondary.
class TextDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        const auto& theme = Theme::of(option.palette);
        const auto* layers = qobject_cast<const LayerModel*>(index.model());
        const bool explains = index.column() == LayerModel::Shape ||
                              (layers != nullptr && index.column() == layers->boundColumn());
        painter->save();
        paintCellGround(*painter, option);
        painter->setFont(option.font);
        painter->setPen(explains ? theme.secondary : theme.text);
        const auto room = option.rect.adjusted(margin, 0, -margin, 0);
        // Layers are told apart by the ends of their names.
        const auto elide = index.column() == LayerModel::Name ? Qt::ElideMiddle : Qt::ElideRight;
        const auto text =
            QFontMetrics(option.font).elidedText(index.data().toString(), elide, room.width());
        painter->drawText(room, index.data(Qt::TextAlignmentRole).toInt() | Qt::TextSingleLine,
                          text);
        painter->restore();
    }
};

/// Header sections; a target's is in its accent.
class TargetHeader : public QHeaderView {
public:
    explicit TargetHeader(const LayerModel* layers, QWidget* parent)
        : QHeaderView(Qt::Horizontal, parent), m_layers(layers)
    {
    }

protected:
    void paintSection(QPainter* painter, const QRect& rect, int section) const override
    {
        const auto& theme = Theme::of(palette());
        const int target = section - LayerModel::FirstTarget;
        const bool is_target = target >= 0 && section < m_layers->boundColumn();
        const auto header = [&](int role) {
            return m_layers->headerData(section, Qt::Horizontal, role);
        };
        QFont heading = font();
        heading.setWeight(QFont::DemiBold);
        painter->save();
        painter->fillRect(rect, theme.panel);
        painter->setPen(theme.hairline);
        painter->drawLine(rect.bottomLeft(), rect.bottomRight());
        painter->setFont(heading);
        painter->setPen(is_target ? theme.accent(target) : theme.secondary);
        const auto room = rect.adjusted(margin, 0, -margin, 0);
        painter->drawText(room, header(Qt::TextAlignmentRole).toInt() | Qt::TextSingleLine,
                          QFontMetrics(heading).elidedText(header(Qt::DisplayRole).toString(),
                                                           Qt::ElideRight, room.width()));
        painter->restore();
    }

private:
    const LayerModel* m_layers;
};

} // namespace

LayerTable::LayerTable(LayerModel* model, QWidget* parent)
    : QTableView(parent),
      m_layers(model),
      m_bits(new BitsDelegate(this)),
      m_bars(new LatencyBarDelegate(this))
{
    setHorizontalHeader(new TargetHeader(model, this));
    setModel(model);
    setItemDelegate(new TextDelegate(this));
    for (const int column : {LayerModel::In, LayerModel::Weight, LayerModel::Out})
        setItemDelegateForColumn(column, m_bits);
    setItemDelegateForColumn(LayerModel::Share, m_bars);
    setUp();
    connect(m_bits, &BitsDelegate::refused, this, &LayerTable::showRefusal);
    connect(model, &QAbstractItemModel::modelReset, this, &LayerTable::layOutColumns);
    connect(model, &QAbstractItemModel::dataChanged, this, &LayerTable::layOutColumns);
    layOutColumns();
}

void LayerTable::setUp()
{
    setAccessibleName(tr("Layers"));
    setAccessibleDescription(tr(
        "One row per layer. In the columns In, Weights and Out the keys 2, 4 and 8 set the bits."));
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers); // the delegate sets bits itself; there is no editor to open
    setShowGrid(false);
    setWordWrap(false);
    setFrameShape(NoFrame);
    setHorizontalScrollMode(ScrollPerPixel);
    setVerticalScrollMode(ScrollPerPixel);
    setTabKeyNavigation(false); // Tab leaves the table; arrows move in it
    verticalHeader()->hide();
    verticalHeader()->setMinimumSectionSize(row_height);
    verticalHeader()->setDefaultSectionSize(row_height);
    horizontalHeader()->setSectionsClickable(false);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(0);
    horizontalHeader()->setFixedHeight(row_height - 3);
}

void LayerTable::setTargetVisible(int target, bool visible)
{
    if (std::size_t(target) >= m_layers->targets().size())
        return;
    m_bars->setTargetVisible(target, visible);
    setColumnHidden(LayerModel::FirstTarget + target, !visible);
    layOutColumns();
    viewport()->update();
}

int LayerTable::textWidth(int column) const
{
    constexpr int rounding = 3; // widths are of whole pixels, texts are not
    QFont heading = font();
    heading.setWeight(QFont::DemiBold);
    const auto title = m_layers->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    int width = QFontMetrics(heading).horizontalAdvance(title);
    const QFontMetrics metrics(font());
    // Of ten thousand layers some say how wide the column is; tool tips show what is cut off.
    constexpr int most_rows = 256;
    for (int row = 0; row < m_layers->rowCount();
         row += std::max(1, m_layers->rowCount() / most_rows))
        width = std::max(width,
                         metrics.horizontalAdvance(m_layers->index(row, column).data().toString()));
    if (LayerModel::isBits(column))
        width = std::max(width, metrics.horizontalAdvance(tr("%1 locked").arg(32)));
    else if (column >= LayerModel::FirstTarget && column < m_layers->boundColumn())
        width = std::max(width, metrics.horizontalAdvance(QStringLiteral("~ 888 k")));
    return width + 2 * margin + rounding;
}

void LayerTable::layOutColumns()
{
    if (m_layers->columnCount() == 0)
        return;
    constexpr int widest_text = 160;
    constexpr int least_text = 80;
    const int least_share = m_bars->sizeHint({}, {}).width();
    const int bits_width = m_bits->sizeHint({}, {}).width();
    std::vector<int> widths;
    for (int column = 0; column < m_layers->columnCount(); ++column) {
        int width = std::min(textWidth(column), widest_text);
        if (LayerModel::isBits(column))
            width = std::max(width, bits_width);
        widths.push_back(column == LayerModel::Share || isColumnHidden(column) ? 0 : width);
    }
    const int used = std::accumulate(widths.begin(), widths.end(), 0);
    int lacking = used + least_share - viewport()->width();
    // What bounds a layer, its shape and its name are also in tool tips: they give way in turn.
    for (const int column :
         {m_layers->boundColumn(), int(LayerModel::Shape), int(LayerModel::Name)}) {
        auto& width = widths[std::size_t(column)];
        const int given = std::clamp(lacking, 0, std::max(0, width - least_text));
        width -= given;
        lacking -= given;
    }
    const int rest = std::accumulate(widths.begin(), widths.end(), 0);
    widths[LayerModel::Share] = std::max(least_share, viewport()->width() - rest);
    for (int column = 0; column < m_layers->columnCount(); ++column)
        if (!isColumnHidden(column))
            setColumnWidth(column, widths[std::size_t(column)]);
}

void LayerTable::showRefusal(const QModelIndex& index, const QString& reason)
{
    const auto place = viewport()->mapToGlobal(visualRect(index).bottomLeft());
    QToolTip::showText(place, tr("Locked: %1").arg(reason), viewport());
}

void LayerTable::changeEvent(QEvent* event)
{
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        layOutColumns();
}

void LayerTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    layOutColumns();
}

} // namespace bitdial
