// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/tiler.h"
#include "core/hardware/profile/fields.h"
#include "core/network/network.h"

#include <array>
#include <vector>

namespace bitdial {

/// What a layer of an exported program finds in L1 when it begins.
struct LayerLink {
    std::array<bool, 2> resident{};    ///< an input that the layer before it left there
    std::array<bool, 2> early_input{}; ///< an input that came while the layer before it computed
    bool early_table = false;          ///< so did its table
    bool early_parameters = false;     ///< and its first tile's parameters
    bool anyResident() const { return resident[0] || resident[1]; }
    bool operator==(const LayerLink&) const = default;
};

/// What layers' costs change by because they stand beside each other.
struct LinkChange {
    double latency_cycles = 0;  ///< negative: saves
    double transfers = 0;       ///< commands
    double overhead_cycles = 0; ///< of the latency, in programming these
    double transfer_cycles = 0; ///< between L2 and L1, overlapped or not
    double moved_bytes = 0;     ///< between L2 and L1
    LinkChange& operator+=(const LinkChange& other)
    {
        latency_cycles += other.latency_cycles;
        transfers += other.transfers;
        overhead_cycles += other.overhead_cycles;
        transfer_cycles += other.transfer_cycles;
        moved_bytes += other.moved_bytes;
        return *this;
    }
};

/// Of two layers that follow each other.
struct LinkedPair {
    LayerLink link; ///< of the second
    LinkChange first;
    LinkChange second;
};

/// How one layer runs in an exported program.
struct LayerProgram {
    Tiling tiling; ///< no tiles: it cannot run
    LayerLink link;
    bool stored = true; ///< its result goes to L2 or L3; otherwise it only stays in L1
    bool keeps = false; ///< its result stays in L1 for the next layer
};

/// What two layers that follow each other save in an exported program: a map that both hold whole
/// stays in L1, and what the second needs first and does not wait for is loaded while the first one
/// computes, where L1 has room beside it. The exporter and the cost model both ask this.
class LayerLinks {
public:
    /// The references must outlive it.
    LayerLinks(const Network& network, const HardwareProfile::Fields& profile);

    /// `layer` (not the first) and the one before it. `in_l3` tells of each tensor whether it is in
    /// L3.
    LinkedPair pair(int layer, const Tiling& before, const Tiling& own, bool weights_in_l3,
                    const std::vector<char>& in_l3) const;
    /// Whether a layer's result goes to L2 although `next`, the link of the layer behind it, may
    /// keep it in L1.
    bool isStored(int layer, const LayerLink& next) const
    {
        return !next.anyResident() || !m_layers[std::size_t(layer)].only_next_reads;
    }
    /// Bytes of L1 that are taken beside the layer before: what is early.
    static std::int64_t earlyBytes(const Tiling& own, const LayerLink& link);

private:
    LayerLink link(int layer, const Tiling& before, const Tiling& own, bool weights_in_l3,
                   const std::vector<char>& in_l3) const;
    void addCommands(LinkChange& change, double commands) const;
    LinkChange changeOfFirst(int layer, const Tiling& first, const Tiling& second,
                             const LayerLink& link) const;
    LinkChange changeOfSecond(const Tiling& second, const LayerLink& link) const;

    struct LayerData {
        std::array<int, 2> inputs{-1, -1}; ///< tensors
        bool channel_wise = false;
        bool has_weights = false;
        bool only_next_reads = false; ///< its result
    };
    const HardwareProfile::Fields& m_profile;
    std::vector<LayerData> m_layers;
    std::vector<int> m_producers; ///< of each tensor; -1: the network's input
};

} // namespace bitdial
