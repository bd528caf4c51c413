// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace bitdial {

class Document;
class LayerTable;

/// The layer table with what it shows of which point, and the totals on every target.
class LayerCard : public QFrame {
    Q_OBJECT

public:
    explicit LayerCard(Document* document, QWidget* parent = nullptr);

    LayerTable* table() { return m_table; }
    void setTargetVisible(int target, bool visible);

Q_SIGNALS:
    void explainRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    QString totals() const;

    Document* m_document;
    LayerTable* m_table;
    QLabel* m_origin;
    QLabel* m_totals;
    QPushButton* m_explain;
};

} // namespace bitdial
