// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <string>
#include <vector>

namespace bitdial {

/// The first ten unsupported nodes of a report, with operator and reason, in one line; empty when
/// there are none.
std::string unsupportedNodes(const std::vector<NodeReport>& report);

/// Throws Error(BadInput), listing them, when the network has unsupported layers: it can be looked
/// at, but neither evaluated nor searched nor exported.
void checkSupported(const Network& network);

} // namespace bitdial
