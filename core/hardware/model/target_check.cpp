// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/target_check.h"

#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"
#include "core/quantization/widths.h"

#include <set>

namespace bitdial {
namespace {

bool hasAnyKernel(const CostModel& model, int layer)
{
    const auto& what = model.network().layer(layer);
    for (const int in : quantized_widths_falling)
        for (const int weight : quantized_widths_falling)
            for (const int out : {8, 4, 2, 32})
                if (model.hasKernel(layer, {in, what.hasWeights() ? weight : 0, out}))
                    return true;
    return false;
}

} // namespace

std::vector<std::string> unknownMeasuredLayers(const CostModel& model)
{
    std::set<std::string> names;
    for (const auto& [key, entry] : model.profile().fields().measured)
        if (key.scope == MeasuredScope::Layer && !key.layer.empty())
            names.insert(key.layer);
    for (const Layer& layer : model.network().layers())
        names.erase(layer.name);
    return {names.begin(), names.end()};
}

TargetCheck checkTarget(const CostModel& model)
{
    const auto& network = model.network();
    TargetCheck check{model.profile().name(), {}, {}};
    for (int i = 0; i < network.layerCount(); ++i) {
        auto reason = network.layer(i).whyNotQuantizable();
        if (reason.empty() && !hasAnyKernel(model, i))
            reason = std::string("the target has no ") + layerKindName(network.layer(i).kind) +
                     " kernel";
        if (!reason.empty())
            check.refusals.push_back({i, reason});
    }
    if (check.refusals.empty())
        check.memory = model.cost(BitAssignment::uniform(network, 8, 8)).infeasible_reason;
    return check;
}

} // namespace bitdial
