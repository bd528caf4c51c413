// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/latency_bar_delegate.h"

#include "widgets/models/layer_model.h"
#include "widgets/style/theme.h"
#include "widgets/views/cell_ground.h"

#include <QPainter>

#include <algorithm>

namespace bitdial {
namespace {

constexpr int bar_height = 5;
constexpr int bar_pitch = 7;
constexpr int margin = 8;
constexpr int least_width = 72;

} // namespace

void LatencyBarDelegate::setTargetVisible(int target, bool visible)
{
    if (std::size_t(target) >= m_hidden.size())
        m_hidden.resize(std::size_t(target) + 1, false);
    m_hidden[std::size_t(target)] = !visible;
}

bool LatencyBarDelegate::isTargetVisible(int target) const
{
    return std::size_t(target) >= m_hidden.size() || !m_hidden[std::size_t(target)];
}

void LatencyBarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const
{
    const auto& theme = Theme::of(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintCellGround(*painter, option);
    const auto shares = index.data(LayerModel::ShareRole).toList();
    std::vector<int> targets;
    for (int t = 0; t < int(shares.size()); ++t)
        if (isTargetVisible(t))
            targets.push_back(t);
    const double room = option.rect.width() - 2 * margin;
    const double height = (int(targets.size()) - 1) * bar_pitch + bar_height;
    double y = option.rect.center().y() + 1 - height / 2;
    painter->setPen(Qt::NoPen);
    for (const int target : targets) {
        const double width = room * shares[target].toDouble();
        if (width > 0) {
            painter->setBrush(theme.accent(target));
            painter->drawRoundedRect(QRectF(option.rect.left() + margin, y,
                                            std::max(width, double(bar_height)), bar_height),
                                     bar_height / 2.0, bar_height / 2.0);
        }
        y += bar_pitch;
    }
    painter->restore();
}

QSize LatencyBarDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const
{
    const int targets = int(index.data(LayerModel::ShareRole).toList().size());
    return {least_width, std::max(1, targets) * bar_pitch + margin};
}

} // namespace bitdial
