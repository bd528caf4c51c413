// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"

#include <QStringList>
#include <QWidget>

#include <vector>

namespace bitdial {

/// How many cycles a layer takes more (or less, negative) than in the reference.
struct LayerChange {
    QString layer;
    double cycles = 0;
    bool operator==(const LayerChange&) const = default;
};

/// Layers whose cycles differ, largest difference first. Both costs are of the same network, whose
/// layers are `names`, on the same target.
std::vector<LayerChange> layerChanges(const NetworkCost& cost, const NetworkCost& reference,
                                      const QStringList& names);

/// Bars of cycle differences, one line per layer; the smallest are summed in a last line.
class ChangeBars : public QWidget {
    Q_OBJECT

public:
    explicit ChangeBars(QWidget* parent = nullptr);
    void setChanges(std::vector<LayerChange> changes);
    /// What is shown: the first ones and, where there are more, the sum of the others.
    const std::vector<LayerChange>& lines() const { return m_lines; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int lineHeight() const;
    std::vector<LayerChange> m_lines;
};

} // namespace bitdial
