// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_check.h"

#include "core/base/error.h"

#include <algorithm>

namespace bitdial {
namespace {

constexpr int named_nodes = 10;
constexpr std::size_t longest_name = 200;

} // namespace

std::string unsupportedNodes(const std::vector<NodeReport>& report)
{
    std::string list;
    int count = 0;
    for (const auto& node : report) {
        if (node.fate != NodeFate::Unsupported)
            continue;
        if (++count <= named_nodes)
            list += (count > 1 ? "; node '" : "node '") + node.name.substr(0, longest_name) +
                    "' (" + node.op.substr(0, longest_name) + "): " + node.detail;
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

} // namespace bitdial
