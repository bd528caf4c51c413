// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"
#include "widgets/models/target_info.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>
#include <vector>

namespace bitdial {

/// The wish to give a weight tensor or a group of tied activations another width.
struct BitEdit {
    enum class Kind { Weights, Activations };
    Kind kind = Kind::Weights;
    int index = 0; ///< layer, or group of ActivationGroups
    int bits = 8;
    bool operator==(const BitEdit&) const = default;
};

/// Rows = layers of the network with their widths and their cost on every target. Editing emits
/// editRequested and changes nothing: the document answers with setAssignment.
class LayerModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Shape, In, Weight, Out, Share, FirstTarget };
    enum Role {
        BitsRole = Qt::UserRole, ///< int: width of a bits cell; invalid: the layer has none
        LockRole,                ///< QString: why the width is fixed; empty: it can be changed
        ShareRole,               ///< QVariantList: latency on each target / the largest in a layer
        BoundRole,               ///< int: CostBound of a cycles cell
    };

    explicit LayerModel(QObject* parent = nullptr);

    void reset(std::shared_ptr<const Network> network, std::vector<TargetInfo> targets);
    void setAssignment(const BitAssignment& assignment, std::vector<NetworkCost> costs);

    const std::vector<TargetInfo>& targets() const { return m_targets; }
    const BitAssignment& assignment() const { return m_assignment; }
    int boundColumn() const { return FirstTarget + int(m_targets.size()); }
    static bool isBits(int column) { return column == In || column == Weight || column == Out; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void editRequested(const bitdial::BitEdit& edit);

private:
    int activationTensor(int layer, int column) const;
    std::optional<int> bits(int layer, int column) const;
    QString lockReason(int layer, int column) const;
    QString shapeText(const Layer& layer) const;
    QString text(int layer, int column) const;
    QString boundText(int layer) const;
    QString toolTip(int layer, int column) const;
    QVariantList shares(int layer) const;
    const LayerCost* cost(int target, int layer) const;

    std::shared_ptr<const Network> m_network;
    std::optional<ActivationGroups> m_groups;
    std::vector<TargetInfo> m_targets;
    BitAssignment m_assignment;
    std::vector<NetworkCost> m_costs;
    double m_largest_ms = 0; ///< largest latency of a layer on any target
};

} // namespace bitdial
