// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/hardware/model/tiler.h"
#include "core/hardware/model/width_index.h"
#include "core/hardware/profile/fields.h"
#include "core/network/network.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace bitdial {

/// A layer's cost in certain tiles, with what totals need of it up front.
struct CostOption {
    double latency_cycles = 0;
    double energy_uj = 0;
    std::int64_t l1_bytes = 0;
    bool has_energy = false;
    bool estimated = false; ///< whether its cost names any figure that was not measured
    Tiling tiling;
    LayerCost cost;
};

/// A layer's cost in the tiles that are best for it alone, and in one tile, which layers beside it
/// may gain by.
struct KnownCost {
    std::int64_t weight_bytes = 0;
    int count = 0; ///< of options; at least one
    bool infeasible = false;
    bool measured_whole = false; ///< a measured entry gives the whole layer's latency
    std::array<CostOption, 2> options;
    const LayerCost& cost() const { return options[0].cost; }
};

/// Costs of single layers at given widths, each computed once. Layers of equal geometry share
/// theirs. Thread-safe: reading a known cost takes no lock.
class LayerCosts {
public:
    /// The references must outlive it.
    LayerCosts(const Network& network, const HardwareProfile::Fields& profile);
    ~LayerCosts();
    LayerCosts(const LayerCosts&) = delete;
    LayerCosts& operator=(const LayerCosts&) = delete;

    /// The reference stays valid as long as this object.
    const KnownCost& known(int layer, LayerBits bits, ExternalData external) const
    {
        const std::size_t place = std::size_t(external.inputs) * 4 + (external.weights ? 2 : 0) +
                                  (external.output ? 1 : 0);
        std::atomic<const KnownCost*>& memo =
            m_shape_of[std::size_t(layer)]->costs[widthsIndex(bits) * 12 + place];
        const KnownCost* found = memo.load(std::memory_order_acquire);
        return found != nullptr ? *found : learn(memo, layer, bits, external);
    }
    const LayerCost& cost(int layer, LayerBits bits, ExternalData external) const
    {
        return known(layer, bits, external).cost();
    }
    /// The target's kernel for a layer; null: none, or the layer cannot be quantized.
    const KernelModel* kernel(int layer, LayerBits bits) const;
    /// The whole layer as one call of its kernel, padded as the target's kernels ask.
    KernelWork work(int layer, LayerBits bits) const;
    /// How the layer is cut; none without kernel or where no cut fits.
    std::optional<Tiling> tiling(int layer, LayerBits bits, ExternalData external) const;

private:
    /// What layers of equal cost have in common.
    struct Shape {
        LayerKind kind = LayerKind::Conv;
        LayerGeometry geometry;
        TensorShape input; ///< of the stored tensor, which a linear layer flattens
        bool shareable = true;
        bool reads_network_input = false; ///< which may be stored with fewer pad channels
        bool non_negative_input = false;  ///< else calledBits may differ
        /// Null until computed. 64 widths x 3 numbers of external inputs x weights x output.
        std::array<std::atomic<const KnownCost*>, std::size_t(64) * 12> costs{};
        ~Shape();
    };

    const KnownCost& learn(std::atomic<const KnownCost*>& memo, int layer, LayerBits bits,
                           ExternalData external) const;
    /// Without a weight width where a layer has no weights.
    LayerBits ownBits(int layer, LayerBits bits) const;
    LayerBits kernelBits(int layer, LayerBits bits) const;
    bool hasOwnEntry(const Layer& layer) const;
    Shape* shapeOf(int layer);
    void compute(KnownCost& known, int layer, LayerBits bits, ExternalData external) const;
    /// Part of a kernel's operations that its padding takes.
    double paddedPart(int layer, LayerBits bits) const;
    CostOption option(const Tiling& cut, int layer, LayerBits bits, ExternalData external) const;
    std::string whyInfeasible(const std::optional<Tiling>& cut, int layer, LayerBits bits,
                              ExternalData external) const;
    /// Calls find(problem), the tiling of a layer with a kernel.
    template <typename Find>
    std::optional<Tiling> cut(int layer, LayerBits bits, ExternalData external, Find find) const;
    std::string whyNoTile(int layer, LayerBits bits, ExternalData external) const;
    void applyMeasuredLayer(LayerCost& cost, int layer, LayerBits bits) const;
    const MeasuredEntry* measuredCall(int layer, LayerBits bits) const;
    const MeasuredEntry* measuredLayer(int layer, LayerBits bits) const;
    void addEnergy(LayerCost& cost, const Tiling& tiling, int layer, LayerBits bits) const;
    void noteEstimates(LayerCost& cost, bool kernel_measured, const KernelModel& kernel,
                       ExternalData external) const;

    const Network& m_network;
    const HardwareProfile::Fields& m_profile;
    std::vector<std::unique_ptr<Shape>> m_shapes;
    std::vector<Shape*> m_shape_of; ///< per layer
    /// The target's kernels by kind and widths.
    std::array<const KernelModel*, 9 * 64> m_kernels{};
};

} // namespace bitdial
