// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/fields.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// Words for the layer kinds as profiles and measured tables write them.
const std::vector<std::string>& layerKindNames();
std::optional<LayerKind> layerKindFromName(std::string_view name);

/// "conv 8/4/8": kind, then in/weight/out bits.
std::string kernelName(const KernelKey& key);

} // namespace bitdial
