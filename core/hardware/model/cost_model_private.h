// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/hardware/model/layer_costs.h"
#include "core/hardware/model/layer_link.h"
#include "core/hardware/model/memory_plan.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace bitdial {

/// What a cost model is made of; for the sources that compute with it.
struct CostModel::Private {
    std::shared_ptr<const Network> network;
    std::shared_ptr<const HardwareProfile> profile;
    MemoryPlanner planner;
    LayerCosts costs;
    LayerLinks linker;
    std::vector<std::int64_t> macs; ///< per layer

    Private(std::shared_ptr<const Network> of, std::shared_ptr<const HardwareProfile> on)
        : network(std::move(of)),
          profile(std::move(on)),
          planner(*network, profile->fields()),
          costs(*network, profile->fields()),
          linker(*network, profile->fields())
    {
        for (const Layer& layer : network->layers())
            macs.push_back(layer.macs());
    }

    const KnownCost& layer(int index, LayerBits bits, const MemoryPlan& plan) const
    {
        return costs.known(index, bits, planner.externalData(plan, index));
    }

    /// A layer, in one of its options.
    struct Chosen {
        const KnownCost& known;
        int option = 0;
        const Tiling& tiling() const { return known.options[std::size_t(option)].tiling; }
    };

    /// A layer of an assignment, in the tiles that make the whole program fastest.
    struct Step {
        const KnownCost* known = nullptr;
        const CostOption* option = nullptr;
        LayerBits bits;
        LayerLink link;
        LinkChange change;
        bool stored = true;
        std::int64_t early_bytes = 0; ///< of L1, for the next layer
        Chosen chosen() const { return {*known, int(option - known->options.data())}; }
    };

    /// The fastest way to one option of a layer.
    struct Way {
        double cycles = 0; ///< up to and with it
        int before = 0;    ///< option of the layer before
    };
    using Ways = std::array<Way, 2>; ///< per option

    /// What two layers that can run change for each other. A measured layer was measured where it
    /// stood.
    LinkedPair pair(int index, const Chosen& before, const Chosen& own, bool weights_in_l3,
                    const std::vector<char>& in_l3) const
    {
        LinkedPair linked = linker.pair(index, before.tiling(), own.tiling(), weights_in_l3, in_l3);
        if (before.known.measured_whole)
            linked.first = {};
        if (own.known.measured_whole)
            linked.second = {};
        return linked;
    }

    /// Of their latencies together; nothing where one cannot run.
    double pairCycles(int index, const Chosen& before, const Chosen& own, bool weights_in_l3,
                      const std::vector<char>& in_l3) const
    {
        if (before.known.infeasible || own.known.infeasible)
            return 0;
        const LinkedPair linked = pair(index, before, own, weights_in_l3, in_l3);
        return linked.first.latency_cycles + linked.second.latency_cycles;
    }

    Way wayTo(int index, int option, const std::vector<Step>& steps, const Ways& before,
              const MemoryPlan& plan) const
    {
        const KnownCost& own = *steps[std::size_t(index)].known;
        const double alone = own.options[std::size_t(option)].latency_cycles;
        Way best{alone, 0};
        if (index == 0)
            return best;
        const KnownCost& previous = *steps[std::size_t(index) - 1].known;
        for (int b = 0; b < previous.count; ++b) {
            double cycles = before[std::size_t(b)].cycles + alone;
            // Between single options there is nothing to choose.
            const bool choice = previous.count + own.count > 2;
            if (choice)
                cycles += pairCycles(index, {previous, b}, {own, option}, plan.weights_in_l3,
                                     plan.tensor_in_l3);
            if (b == 0 || cycles < best.cycles)
                best = {cycles, b};
        }
        return best;
    }

    /// Says of two layers that follow each other what that changes.
    void join(int index, Step& before, Step& own, const MemoryPlan& plan) const
    {
        if (before.known->infeasible || own.known->infeasible)
            return;
        const LinkedPair linked =
            pair(index, before.chosen(), own.chosen(), plan.weights_in_l3, plan.tensor_in_l3);
        own.link = linked.link;
        before.early_bytes = LayerLinks::earlyBytes(own.option->tiling, own.link);
        before.stored = linker.isStored(index - 1, own.link);
        own.change += linked.second;
        before.change += linked.first;
    }

    /// The best options of all layers: shortest path through them, layer by layer.
    std::vector<Step> steps(const BitAssignment& assignment, const MemoryPlan& plan) const
    {
        const auto count = std::size_t(network->layerCount());
        std::vector<Step> steps(count);
        if (count == 0)
            return steps;
        std::vector<Ways> ways(count);
        for (std::size_t i = 0; i < count; ++i) {
            steps[i].bits = planner.layerBits(assignment, int(i));
            steps[i].known = &layer(int(i), steps[i].bits, plan);
            for (int o = 0; o < steps[i].known->count; ++o)
                ways[i][std::size_t(o)] =
                    wayTo(int(i), o, steps, i > 0 ? ways[i - 1] : Ways{}, plan);
        }
        int option = steps.back().known->count > 1 && ways.back()[1].cycles < ways.back()[0].cycles;
        for (std::size_t i = count; i-- > 0;) {
            steps[i].option = &steps[i].known->options[std::size_t(option)];
            option = ways[i][std::size_t(option)].before;
        }
        for (std::size_t i = 1; i < count; ++i)
            join(int(i), steps[i - 1], steps[i], plan);
        return steps;
    }

    /// Energy of what a link changes: waiting, or bytes that are not moved.
    double energyChange(const LinkChange& change) const
    {
        if (!profile->fields().power)
            return 0;
        const PowerModel& power = *profile->fields().power;
        if (power.kind == PowerModel::Kind::States)
            return (power.active_mw * change.overhead_cycles +
                    power.transfer_mw * (change.latency_cycles - change.overhead_cycles)) /
                   profile->clockHz() * 1e3;
        return change.moved_bytes * power.pj_per_byte_l2 * 1e-6;
    }

    /// Adds one layer's figures to totals of either kind.
    template <typename Totals> void add(Totals& totals, int index, const Step& step) const
    {
        const std::int64_t layer_macs = macs[std::size_t(index)];
        const CostOption& layer = *step.option;
        const LayerBits bits = step.bits;
        totals.latency_cycles += layer.latency_cycles + step.change.latency_cycles;
        totals.weight_bytes += step.known->weight_bytes;
        totals.peak_l1_bytes = std::max(totals.peak_l1_bytes, layer.l1_bytes + step.early_bytes);
        totals.macs += layer_macs;
        totals.bops += double(layer_macs) * bits.in * bits.weight;
        totals.estimated |= layer.estimated;
        // Known only if every layer's is.
        if (index == 0)
            totals.energy_uj = 0.0;
        if (totals.energy_uj && layer.has_energy)
            *totals.energy_uj += layer.energy_uj + energyChange(step.change);
        else
            totals.energy_uj.reset();
    }

    /// Of a layer in its place.
    LayerCost layerCost(const Step& step, std::int64_t l2_bytes) const
    {
        LayerCost layer = step.option->cost;
        layer.latency_cycles += step.change.latency_cycles;
        layer.link_cycles = step.change.latency_cycles;
        layer.work.transfers += step.change.transfers;
        layer.overhead_cycles += step.change.overhead_cycles;
        layer.transfer_cycles += step.change.transfer_cycles;
        if (layer.energy_uj)
            *layer.energy_uj += energyChange(step.change);
        layer.l2_bytes = l2_bytes;
        return layer;
    }

    template <typename Totals> void finish(Totals& totals, const MemoryPlan& plan) const
    {
        for (const std::int64_t bytes : plan.l2_bytes)
            totals.peak_l2_bytes = std::max(totals.peak_l2_bytes, bytes);
        totals.latency_ms = totals.latency_cycles / profile->clockHz() * 1e3;
        totals.flash_bytes = totals.weight_bytes + profile->fields().l2.reserved_bytes;
    }
};

} // namespace bitdial
