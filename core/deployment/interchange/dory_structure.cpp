// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/dory_structure.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <algorithm>

namespace bitdial {
namespace {

[[noreturn]] void refuse(const Network& network, const Layer& layer, const std::string& why)
{
    throw Error(ErrorCode::Infeasible, "The network cannot be exported to DORY",
                shownName(network.name()) + ": layer '" + shownName(layer.name) + "'", why,
                "Use a network without it, or the PULP-NN export");
}

/// The add that joins what leaves a tensor with two readers.
int joinOf(const Network& network, const ActivationTensor& tensor)
{
    const int last = std::ranges::max(tensor.consumers);
    for (int i = last; i < network.layerCount(); ++i)
        if (network.layer(i).kind == LayerKind::Add)
            return i;
    refuse(network, network.layer(last), "its input has two readers that no add joins");
}

} // namespace

void checkDoryStructure(const Network& network)
{
    if (!network.layer(0).hasWeights() || network.tensor(network.input()).consumers.size() > 1)
        refuse(network, network.layer(0),
               "DORY's front end takes the input's width from a first layer with weights, which "
               "must be the only reader of the input");
    int joined = 0; // where the branch before ended
    for (int i = 0; i < network.layerCount(); ++i) {
        const Layer& layer = network.layer(i);
        if (layer.kind == LayerKind::Add && layer.inputs[0] == layer.inputs[1])
            refuse(network, layer, "it adds a tensor to itself, which DORY's code loses");
        const auto& tensor = network.tensor(layer.output);
        if (tensor.consumers.size() > 2)
            refuse(network, layer,
                   "more than two layers read its result; DORY's code keeps it once");
        if (tensor.consumers.size() < 2)
            continue;
        if (i < joined)
            refuse(network, layer,
                   "its branch begins inside another one; DORY's code keeps one at a time");
        joined = joinOf(network, tensor);
    }
}

} // namespace bitdial
