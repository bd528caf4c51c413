// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/marks.h"

#include <QWidget>

namespace bitdial {

class PointModel;

/// Says what the marks of the charts mean: only what occurs among a model's points, in as many
/// lines as its width needs. Nothing and no height while there is no point.
class MarkLegend : public QWidget {
    Q_OBJECT

public:
    explicit MarkLegend(const PointModel* model, QWidget* parent = nullptr);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    Legend legendFor(int width) const;
    void refresh();

    const PointModel* m_model;
    LegendContents m_contents;
};

} // namespace bitdial
