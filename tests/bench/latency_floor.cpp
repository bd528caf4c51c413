// SPDX-License-Identifier: Apache-2.0
// Prints what every profile makes of a network, whatever its accuracy: uniform 8/8, 4/4 and 2/2,
// the fastest assignment that a descent finds from these and from what stage 2 of Free Bits makes
// of them, what bounds its layers, and how many widths of 2/2 can grow without costing time. Usage:
// latency_floor [--layers] NETWORK...    --layers: also bound and free widths layer by layer
#include "core/base/error.h"
#include "core/hardware/model/cost_explanation.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/open/open_network.h"
#include "core/search/raise_bits.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

using namespace bitdial;

namespace {

constexpr int widths[] = {2, 4, 8};

/// Takes every change that saves cycles, again and again: a layer's weights, its input, its output
/// (with all that is tied to them), or several of the three.
class Descent {
public:
    explicit Descent(const CostModel& model)
        : m_model(model), m_network(model.network()), m_groups(model.network())
    {
    }

    BitAssignment fastestFrom(const BitAssignment& start)
    {
        m_bits = start;
        m_cycles = cycles(start);
        do {
            m_moved = false;
            for (int i = 0; i < m_network.layerCount(); ++i)
                changeLayer(i);
        } while (m_moved);
        return m_bits;
    }
    /// Infinite where it cannot run.
    double cycles(const BitAssignment& bits) const
    {
        const auto totals = m_model.totals(bits);
        return totals.infeasible ? std::numeric_limits<double>::infinity() : totals.latency_cycles;
    }

private:
    void changeLayer(int layer)
    {
        const auto& what = m_network.layer(layer);
        for (const int weight : widths)
            for (const int in : widths)
                for (const int out : widths)
                    for (int change = 1; change < 8; ++change) {
                        auto bits = m_bits;
                        if ((change & 1) != 0 && what.hasWeights())
                            bits.setWeightBits(layer, weight);
                        if ((change & 2) != 0)
                            setTensor(bits, what.inputs.front(), in);
                        if ((change & 4) != 0)
                            setTensor(bits, what.output, out);
                        take(bits);
                    }
    }
    void setTensor(BitAssignment& bits, int tensor, int width) const
    {
        const int group = m_groups.groupOf(tensor);
        if (!m_groups.isFixed(group))
            m_groups.setBits(bits, group, width);
    }
    void take(const BitAssignment& bits)
    {
        const double found = cycles(bits);
        if (!(found < m_cycles))
            return;
        m_cycles = found;
        m_bits = bits;
        m_moved = true;
    }

    const CostModel& m_model;
    const Network& m_network;
    ActivationGroups m_groups;
    BitAssignment m_bits;
    double m_cycles = 0;
    bool m_moved = false;
};

std::string milliseconds(const CostModel& model, double cycles)
{
    if (!std::isfinite(cycles))
        return "cannot run";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f", cycles / model.profile().clockHz() * 1e3);
    return text.data();
}

/// "41 / 10 / 0 / 1": layers bound by compute, transfers, L3 and overhead.
std::string boundCounts(const NetworkCost& cost)
{
    std::array<int, 4> counts{};
    for (const auto& layer : cost.layers)
        ++counts[std::size_t(layer.bound)];
    std::string text;
    for (const int count : counts)
        text += (text.empty() ? "" : " / ") + std::to_string(count);
    return text;
}

void reportLayers(const CostModel& model, const BitAssignment& fastest, const BitAssignment& narrow)
{
    const auto& network = model.network();
    const auto cost = model.cost(fastest);
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto bits = fastest.layerBits(network, i);
        std::printf("    %s: %d/%d/%d, %.0f cycles, %s\n", network.layer(i).name.c_str(), bits.in,
                    bits.weight, bits.out, cost.layers[std::size_t(i)].latency_cycles,
                    costBoundName(cost.layers[std::size_t(i)].bound));
    }
    if (!model.totals(narrow).infeasible)
        for (const auto& free : freeWidths(model, narrow))
            std::printf("    free at 2/2: %s %s %d to %d bits, %.0f cycles saved\n",
                        network.layer(free.layer).name.c_str(), layerOperandName(free.operand),
                        free.from_bits, free.to_bits, free.saved_cycles);
}

void report(const std::shared_ptr<const Network>& network, const std::string& profile,
            bool with_layers)
{
    const CostModel model(network, openProfile(profile));
    Descent descent(model);
    auto fastest = BitAssignment::uniform(*network, 8, 8);
    std::string row = "| " + profile + " |";
    for (const int bits : {8, 4, 2}) {
        const auto uniform = BitAssignment::uniform(*network, bits, bits);
        row += ' ' + milliseconds(model, descent.cycles(uniform)) + " |";
        const bool runs = std::isfinite(descent.cycles(uniform));
        for (const auto& start :
             {uniform, runs ? raiseFreeBits(model, uniform).assignment : uniform}) {
            const auto found = descent.fastestFrom(start);
            if (descent.cycles(found) < descent.cycles(fastest))
                fastest = found;
        }
    }
    row += ' ' + milliseconds(model, descent.cycles(fastest)) + " |";
    const auto narrow = BitAssignment::uniform(*network, 2, 2);
    const bool narrow_runs = std::isfinite(descent.cycles(narrow));
    row += std::isfinite(descent.cycles(fastest)) ? ' ' + boundCounts(model.cost(fastest)) + " |"
                                                  : " |";
    row += narrow_runs ? ' ' + std::to_string(freeWidths(model, narrow).size()) + " |" : " |";
    std::puts(row.c_str());
    if (with_layers && std::isfinite(descent.cycles(fastest)))
        reportLayers(model, fastest, narrow);
}

} // namespace

int main(int argc, char** argv)
{
    bool with_layers = false;
    try {
        for (int i = 1; i < argc; ++i) {
            if (std::string_view(argv[i]) == "--layers") {
                with_layers = true;
                continue;
            }
            const auto network = openNetwork(argv[i]);
            std::printf(
                "%s, in ms\n| profile | 8/8 | 4/4 | 2/2 | fastest found | its layers bound by "
                "compute / transfers / L3 / overhead | free widths at 2/2 |\n",
                argv[i]);
            for (const auto& profile : profileNames())
                report(network, profile, with_layers);
        }
    } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
