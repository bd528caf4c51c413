// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace bitdial {

struct KnownCost;

/// Latencies of assignments that differ from one in a few layers, computed from those layers and
/// the ones around them. Equal to CostModel::totals to the last bit, which the rounding of
/// latencies makes possible (exact_cycles.h). One thread.
class CostEdits {
public:
    /// The model must outlive it. Not every network: see canFollow.
    CostEdits(const CostModel& model, const BitAssignment& start);
    ~CostEdits();

    /// Whether where data live on the target does not depend on widths, as this class needs it.
    static bool canFollow(const CostModel& model);

    struct Edited {
        double latency_cycles = 0;
        bool infeasible = false;
    };
    /// Of the assignment itself.
    const Edited& current() const { return m_current; }
    /// Of `bits`, which has other widths in layers from `first` to `last` alone.
    Edited cost(const BitAssignment& bits, int first, int last) const;
    /// Makes `bits`, of the same kind, the assignment.
    void accept(const BitAssignment& bits, int first, int last);
    /// What a layer's surroundings are to it: as long as they are what they were, and so are the
    /// layers from first - 1 to last + 1, so is what an edit of first to last changes.
    struct Surroundings {
        double before = 0; ///< how much one option of the layer in front costs more than the other
        double behind = 0; ///< the same of the layer behind
        bool operator==(const Surroundings&) const = default;
    };
    Surroundings around(int first, int last) const;

private:
    using Ways = std::array<double, 2>; ///< cycles by option

    const KnownCost& known(const BitAssignment& bits, int layer) const;
    /// Cycles up to and with `own`, each of its options, from those up to `before`.
    Ways forward(int layer, const KnownCost& before, const Ways& ways, const KnownCost& own) const;
    /// Cycles of everything behind `own`, each of its options.
    Ways backward(int layer, const KnownCost& own, const KnownCost& next, const Ways& ways) const;
    void refresh(int first, int last);

    const CostModel& m_model;
    bool m_weights_in_l3 = false;
    std::vector<char> m_in_l3; ///< of each tensor: none is
    std::vector<const KnownCost*> m_known;
    std::vector<Ways> m_before; ///< up to and with each layer
    std::vector<Ways> m_behind; ///< behind each layer
    Edited m_current;
};

} // namespace bitdial
