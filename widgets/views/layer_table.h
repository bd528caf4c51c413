// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTableView>

namespace bitdial {

class BitsDelegate;
class LatencyBarDelegate;
class LayerModel;

/// The layers of a network: bits as segmented controls, a latency bar and a column of cycles per
/// target. Edits go to the model, which emits editRequested.
class LayerTable : public QTableView {
    Q_OBJECT

public:
    /// The model outlives the table.
    explicit LayerTable(LayerModel* model, QWidget* parent = nullptr);

    /// Shows or hides a target's column and bar.
    void setTargetVisible(int target, bool visible);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void setUp();
    void layOutColumns();
    int textWidth(int column) const;
    void showRefusal(const QModelIndex& index, const QString& reason);

    LayerModel* m_layers;
    BitsDelegate* m_bits;
    LatencyBarDelegate* m_bars;
};

} // namespace bitdial
