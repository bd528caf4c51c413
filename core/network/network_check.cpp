// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_check.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <algorithm>

namespace bitdial {
namespace {

/// Last layer that reads each tensor; that of the network's output lives to the end.
std::vector<int> lastReaders(const Network& network)
{
    std::vector<int> last;
    for (const auto& tensor : network.tensors())
        last.push_back(tensor.consumers.empty() ? tensor.producer : tensor.consumers.back());
    last[std::size_t(network.output())] = network.layerCount();
    return last;
}

void findPeak(const Network& network, NetworkFacts& facts)
{
    const auto last = lastReaders(network);
    std::vector<std::vector<int>> ends(std::size_t(network.layerCount()));
    for (int t = 0; t < network.tensorCount(); ++t)
        if (last[std::size_t(t)] >= 0 && last[std::size_t(t)] < network.layerCount())
            ends[std::size_t(last[std::size_t(t)])].push_back(t);
    std::int64_t live = network.tensor(network.input()).shape.elements();
    for (int i = 0; i < network.layerCount(); ++i) {
        live += network.tensor(network.layer(i).output).shape.elements();
        if (live > facts.peak_activations) {
            facts.peak_activations = live;
            facts.peak_layer = i;
        }
        for (const int t : ends[std::size_t(i)])
            live -= network.tensor(t).shape.elements();
    }
}

constexpr int named_nodes = 10;

} // namespace

std::string unsupportedNodes(const std::vector<NodeReport>& report)
{
    std::string list;
    int count = 0;
    for (const auto& node : report) {
        if (node.fate != NodeFate::Unsupported)
            continue;
        if (++count <= named_nodes)
            list += (count > 1 ? "; node '" : "node '") + shownName(node.name) + "' (" +
                    shownName(node.op) + "): " + node.detail;
    }
    if (count == 0)
        return {};
    if (count > named_nodes)
        list += "; and " + std::to_string(count - named_nodes) + " more";
    return std::to_string(count) + (count == 1 ? " node is" : " nodes are") +
           " unsupported: " + list;
}

void checkSupported(const Network& network)
{
    const bool all = std::ranges::none_of(
        network.layers(), [](const Layer& layer) { return layer.kind == LayerKind::Unsupported; });
    if (!all)
        throw Error(ErrorCode::BadInput, "The network cannot be evaluated", network.name(),
                    unsupportedNodes(network.report()),
                    "Replace what is named and export the network again");
}

NetworkFacts networkFacts(const Network& network)
{
    NetworkFacts facts;
    facts.macs = network.macs();
    facts.parameters = network.parameterCount();
    for (const auto& layer : network.layers())
        facts.weights += layer.weightCount();
    findPeak(network, facts);
    for (const auto& node : network.report()) {
        facts.quantizable += node.fate == NodeFate::Quantizable;
        facts.fused += node.fate == NodeFate::Fused;
        facts.passed_through += node.fate == NodeFate::PassedThrough;
        facts.unsupported += node.fate == NodeFate::Unsupported;
    }
    return facts;
}

} // namespace bitdial
