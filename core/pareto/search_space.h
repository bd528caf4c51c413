// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/pareto/width_lock.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/widths.h"

#include <span>
#include <vector>

namespace bitdial {

/// The widths that each weight tensor and each group of tied activations may have: what targets
/// have kernels for, less what users locked.
class SearchSpace {
public:
    /// Everything that could be. The network must outlive the space.
    explicit SearchSpace(const Network& network);
    /// What one target has kernels for: of each width, some for every layer that it concerns, and
    /// for their neighbours' in turn. Throws Error(Infeasible) where it has none for a layer.
    static SearchSpace ofTarget(const CostModel& model);
    /// What at least one of them has, leaving out those that have nothing for some layer. Throws
    /// Error(Infeasible) where that is all of them.
    static SearchSpace ofTargets(std::span<const CostModel> models);

    /// With one width in what the locks name; of two that name the same, the later one holds.
    /// Throws Error(Usage) for a lock that names nothing it could hold, Error(Infeasible) for a
    /// width that is not in the space.
    SearchSpace locked(std::span<const WidthLock> locks) const;

    const ActivationGroups& groups() const { return m_groups; }
    /// Empty of a layer without weights.
    WidthSet weightWidths(int layer) const { return m_weights[std::size_t(layer)]; }
    /// Empty of a group whose width is fixed by the network.
    WidthSet groupWidths(int group) const { return m_activations[std::size_t(group)]; }
    bool holds(const BitAssignment& bits) const;
    /// `bits` with every width that is not in the space raised to the next one that is, else
    /// lowered to the widest.
    BitAssignment brought(BitAssignment bits) const;
    /// Whether nothing is left out of what could be.
    bool isWhole() const;

private:
    const Network* m_network;
    ActivationGroups m_groups;
    std::vector<WidthSet> m_weights;     ///< per layer
    std::vector<WidthSet> m_activations; ///< per group
};

} // namespace bitdial
