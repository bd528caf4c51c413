// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>
#include <QTimer>

#include <memory>

class QLabel;

namespace bitdial {

class PointModel;

/// Accuracy over latency on one target: the front as a step line with intervals, what it dominates,
/// where stage-2 points came from. Follows the model; a click or Left, Right, Home and End select a
/// point in the model. Repaints at most 30 times a second, however fast points come.
class FrontChart : public QFrame {
    Q_OBJECT

public:
    /// `target` is an index into the model's targets. The model outlives the chart.
    FrontChart(PointModel* model, int target, QWidget* parent = nullptr);
    ~FrontChart() override;

    int target() const { return m_target; }
    /// Id of the point that a click at this place would select; 0: none.
    qint64 pointAt(QPoint position) const;
    /// Where a point is drawn, in the chart's coordinates; null when it is not.
    QPoint positionOf(qint64 id) const;

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// The user chose this point here (it is already selected in the model).
    void pointActivated(qint64 id);

protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Private; ///< what needs Qt Charts
    void buildHeader();
    void refreshSoon();
    void refresh();
    void refreshScales();
    void refreshHeader();
    void refreshColors();
    void setHovered(qint64 id);
    void activate(qint64 id);
    QString emptyText() const;
    QString describe(qint64 id) const;

    PointModel* m_model;
    int m_target;
    QTimer m_refresh;
    QLabel* m_title = nullptr;
    QLabel* m_facts = nullptr;
    QLabel* m_count = nullptr;
    std::unique_ptr<Private> d;
};

} // namespace bitdial
