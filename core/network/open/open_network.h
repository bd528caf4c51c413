// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/network/onnx/export.h"
#include "core/network/onnx/import.h"
#include "core/network/zoo/zoo.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// A network with what a project needs to keep it.
struct NetworkSource {
    std::shared_ptr<const Network> network;
    std::string source; ///< as it was asked for
    /// An ONNX file with all its numbers, from which the same network opens again; empty for a
    /// built-in architecture without weights, which its source alone describes.
    std::vector<std::byte> bytes;
};

/// NETWORK: an `.onnx` file, `demo`, a demo network's name, each with `?weights=FILE` behind it
/// where another file has the numbers (matched by the names of the ONNX file's tensors), or
/// `zoo:...`. Throws Error(BadInput).
NetworkSource openNetworkSource(const std::string& source);

/// The network of openNetworkSource.
std::shared_ptr<const Network> openNetwork(const std::string& source);

/// Whether `name` is `demo` (the demo network fashion-resnet8) or a demo network's own name.
bool isDemoNetwork(std::string_view name);

/// Folder of the demo networks: $BITDIAL_DEMO, the installed data folder or the source tree's.
std::string demoFolder();

} // namespace bitdial
