// SPDX-License-Identifier: Apache-2.0
// Prints how far down the cost model's latency goes on both targets, whatever the accuracy: uniform
// assignments, what stage 2 of Free Bits makes of them, and a descent from all of these.
// Usage: latency_floor NETWORK...
#include "core/base/error.h"
#include "core/hardware/hardware_profile.h"
#include "core/network/open_network.h"
#include "core/search/raise_bits.h"

#include <cstdio>

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

    double leastFrom(const BitAssignment& start)
    {
        m_bits = start;
        m_cost = m_model.cost(start);
        do {
            m_moved = false;
            for (int i = 0; i < m_network.layerCount(); ++i)
                changeLayer(i);
        } while (m_moved);
        return m_cost.latency_cycles;
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
        auto cost = m_model.recost(m_cost, m_bits, bits);
        if (!cost.infeasible_reason.empty() || cost.latency_cycles >= m_cost.latency_cycles)
            return;
        m_cost = std::move(cost);
        m_bits = bits;
        m_moved = true;
    }

    const CostModel& m_model;
    const Network& m_network;
    ActivationGroups m_groups;
    BitAssignment m_bits;
    NetworkCost m_cost;
    bool m_moved = false;
};

void report(const char* name, const char* profile)
{
    const auto network = openNetwork(name);
    const CostModel model(network, openProfile(profile));
    Descent descent(model);
    const double eight = model.cost(BitAssignment::uniform(*network, 8, 8)).latency_cycles;
    double least = eight;
    const auto percent = [eight](double cycles) { return 100 * (cycles / eight - 1); };
    std::printf("%s on %s\n", name, profile);
    for (const int bits : widths) {
        const auto uniform = BitAssignment::uniform(*network, bits, bits);
        const auto raised = raiseFreeBits(model, uniform).assignment;
        const double before = model.cost(uniform).latency_cycles;
        const double after = model.cost(raised).latency_cycles;
        std::printf("  %d/%d %12.0f cycles %+7.1f %%, raised %12.0f %+7.1f %%\n", bits, bits,
                    before, percent(before), after, percent(after));
        for (const auto& start : {uniform, raised})
            least = std::min(least, descent.leastFrom(start));
    }
    std::printf("  least found %10.0f %+7.1f %%\n", least, percent(least));
}

} // namespace

int main(int argc, char** argv)
{
    try {
        for (int i = 1; i < argc; ++i)
            for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
                report(argv[i], profile);
    } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
