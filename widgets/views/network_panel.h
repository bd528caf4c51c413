// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/accuracy.h"
#include "widgets/models/target_info.h"

#include <QStringList>
#include <QWidget>

#include <cstdint>
#include <optional>
#include <vector>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace bitdial {

class FactGrid;

/// What the left column says of a network.
struct NetworkSummary {
    QString name;
    int quantizable_layers = 0;
    std::int64_t macs = 0;
    std::int64_t parameters = 0;
    QString float_top1;      ///< "93.4 %", or why there is none
    QString float_detail;    ///< "n = 10,000 · 92.9 … 93.9 %"; empty: there is none
    QString float_tool_tip;  ///< rung, samples, interval
    QStringList unsupported; ///< "node (op): reason", one each
};

/// The left column: the network, its targets, which accuracy is shown.
class NetworkPanel : public QWidget {
    Q_OBJECT

public:
    explicit NetworkPanel(QWidget* parent = nullptr);

    void setNetwork(const NetworkSummary& summary);
    /// All are visible at first.
    void setTargets(const std::vector<TargetInfo>& targets);

Q_SIGNALS:
    void targetToggled(int target, bool visible);
    void addProfileRequested();
    void checkRequested();
    void rungChosen(std::optional<bitdial::Rung> rung);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void elideName();
    void buildTargets(QVBoxLayout* column);
    void buildShow(QVBoxLayout* column);

    QString m_full_name;
    QLabel* m_name;
    FactGrid* m_facts;
    QLabel* m_unsupported;
    QPushButton* m_check;
    QVBoxLayout* m_target_list = nullptr;
    std::vector<QCheckBox*> m_targets;
    QPushButton* m_add = nullptr;
    QComboBox* m_rung = nullptr;
};

} // namespace bitdial
