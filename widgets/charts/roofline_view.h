// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_explanation.h"

#include <QWidget>

#include <vector>

namespace bitdial {

/// A layer under the roofs of a target.
struct RooflinePoint {
    int layer = 0;
    QString name;
    Roofline roof;
};

/// Attained MAC/cycle over MAC per byte moved, both logarithmic, with the roof of the DMA and those
/// of the kernels in use (Williams, Waterman and Patterson 2009). A click selects a layer, Left and
/// Right walk along the intensities.
class RooflineView : public QWidget {
    Q_OBJECT

public:
    /// `target` chooses the accent.
    explicit RooflineView(int target, QWidget* parent = nullptr);

    /// Layers without MACs are left out.
    void setPoints(std::vector<RooflinePoint> points);
    void setSelected(int layer); ///< -1: none
    int selected() const { return m_selected; }
    /// Layer that a click at this place would select; -1: none.
    int layerAt(QPointF position) const;
    /// Where a layer is drawn; null when it is not.
    QPointF positionOf(int layer) const;

    QSize minimumSizeHint() const override { return {280, 220}; }

Q_SIGNALS:
    void layerChosen(int layer);

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    /// A logarithmic axis over whole decades.
    struct Decades {
        int low = 0;
        int high = 1;
        double fraction(double value) const;
    };

    QRectF plot() const;
    QPointF place(double macs_per_byte, double macs_per_cycle) const;
    void paintAxes(QPainter& painter) const;
    void paintRoofs(QPainter& painter) const;
    void paintPoints(QPainter& painter) const;
    QString describe(const RooflinePoint& point) const;
    const RooflinePoint* find(int layer) const;

    int m_target;
    int m_selected = -1;
    std::vector<RooflinePoint> m_points; ///< by intensity
    Decades m_intensity;
    Decades m_speed;
};

} // namespace bitdial
