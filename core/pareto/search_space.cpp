// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/search_space.h"

#include "core/base/error.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace bitdial {
namespace {

/// The widths of one layer's tensors.
struct LayerWidths {
    WidthSet in, weight, out;
    bool operator==(const LayerWidths&) const = default;
};

/// Those of `may` that some kernel of the target has together.
LayerWidths withKernels(const CostModel& model, int layer, LayerBits fixed, const LayerWidths& may)
{
    const auto each = [](WidthSet widths, int otherwise, const auto& visit) {
        if (widths.empty())
            return visit(otherwise);
        for (const int bits : quantized_widths)
            if (widths.has(bits))
                visit(bits);
    };
    LayerWidths found;
    each(may.in, fixed.in, [&](int in) {
        each(may.weight, fixed.weight, [&](int weight) {
            each(may.out, fixed.out, [&](int out) {
                if (!model.hasKernel(layer, {in, weight, out}))
                    return;
                found.in.add(in);
                found.weight.add(weight);
                found.out.add(out);
            });
        });
    });
    return found;
}

[[noreturn]] void refuse(const std::string& target, const std::string& layer)
{
    throw Error(ErrorCode::Infeasible, "A search has nothing to choose from",
                target + ": layer '" + layer + "'",
                "the target has no kernel for it that fits its neighbours",
                "Choose another target; 'inspect --profile' tells what a target runs");
}

} // namespace

SearchSpace::SearchSpace(const Network& network) : m_network(&network), m_groups(network)
{
    for (int i = 0; i < network.layerCount(); ++i)
        m_weights.push_back(network.layer(i).hasWeights() ? WidthSet::all() : WidthSet());
    for (int g = 0; g < m_groups.count(); ++g)
        m_activations.push_back(m_groups.isFixed(g) ? WidthSet() : WidthSet::all());
}

SearchSpace SearchSpace::ofTarget(const CostModel& model)
{
    const Network& network = model.network();
    const auto fixed = BitAssignment::uniform(network, 8, 8);
    SearchSpace space(network);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < network.layerCount(); ++i) {
            const auto& layer = network.layer(i);
            auto& in =
                space.m_activations[std::size_t(space.m_groups.groupOf(layer.inputs.front()))];
            auto& out = space.m_activations[std::size_t(space.m_groups.groupOf(layer.output))];
            auto& weight = space.m_weights[std::size_t(i)];
            const LayerWidths may{in, weight, out};
            const auto found = withKernels(model, i, fixed.layerBits(network, i), may);
            if (found.in.empty())
                refuse(model.profile().name(), layer.name);
            const LayerWidths kept{found.in & in, found.weight & weight, found.out & out};
            changed = changed || kept != may;
            in = kept.in;
            out = &in == &out ? kept.in & kept.out : kept.out;
            weight = kept.weight;
        }
    }
    return space;
}

SearchSpace SearchSpace::ofTargets(std::span<const CostModel> models)
{
    std::optional<SearchSpace> united;
    std::optional<Error> refused;
    for (const auto& model : models) {
        try {
            const auto space = ofTarget(model);
            if (!united) {
                united = space;
                continue;
            }
            std::ranges::transform(united->m_weights, space.m_weights, united->m_weights.begin(),
                                   std::bit_or<>());
            std::ranges::transform(united->m_activations, space.m_activations,
                                   united->m_activations.begin(), std::bit_or<>());
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Infeasible)
                throw;
            if (!refused)
                refused = error;
        }
    }
    if (!united)
        throw *refused;
    return *united;
}

SearchSpace SearchSpace::locked(std::span<const WidthLock> locks) const
{
    SearchSpace space = *this;
    for (const auto& lock : locks) {
        const auto named = tensorsOf(lock, *m_network, m_groups);
        const auto narrow = [&](WidthSet& widths, WidthSet could, const std::string& name) {
            if (!could.has(lock.bits))
                throw Error(ErrorCode::Infeasible, "A width cannot be locked", lockText(lock),
                            "no target has a kernel for '" + name + "' at " +
                                std::to_string(lock.bits) + " bits",
                            "Lock another width, or choose another target");
            widths = WidthSet::only(lock.bits);
        };
        for (const int layer : named.weights)
            narrow(space.m_weights[std::size_t(layer)], weightWidths(layer),
                   m_network->layer(layer).name);
        for (const int group : named.groups)
            narrow(space.m_activations[std::size_t(group)], groupWidths(group),
                   m_network->tensor(m_groups.members(group).front()).name);
    }
    return space;
}

bool SearchSpace::holds(const BitAssignment& bits) const
{
    for (int i = 0; i < m_network->layerCount(); ++i)
        if (!weightWidths(i).empty() && !weightWidths(i).has(bits.weightBits(i)))
            return false;
    for (int g = 0; g < m_groups.count(); ++g)
        if (!groupWidths(g).empty() &&
            !groupWidths(g).has(bits.activationBits(m_groups.members(g).front())))
            return false;
    return true;
}

BitAssignment SearchSpace::brought(BitAssignment bits) const
{
    for (int i = 0; i < m_network->layerCount(); ++i)
        if (!weightWidths(i).empty())
            bits.setWeightBits(i, weightWidths(i).atLeast(bits.weightBits(i)));
    for (int g = 0; g < m_groups.count(); ++g)
        if (!groupWidths(g).empty())
            for (const int tensor : m_groups.members(g))
                bits.setActivationBits(tensor, groupWidths(g).atLeast(bits.activationBits(tensor)));
    return bits;
}

bool SearchSpace::isWhole() const
{
    const auto is_whole = [](WidthSet widths) {
        return widths.empty() || widths == WidthSet::all();
    };
    return std::ranges::all_of(m_weights, is_whole) && std::ranges::all_of(m_activations, is_whole);
}

} // namespace bitdial
