// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitdial {

/// Reads an ONNX file. Every node ends in the report. Throws Error(BadInput) naming file, place and
/// reason for a damaged file, and one that lists the unsupported nodes (name, operator, reason; the
/// first ten) where there are any.
std::shared_ptr<const Network> importOnnx(std::span<const std::byte> bytes,
                                          const std::string& where);

/// Float ONNX (opset 13) of a network with numbers: Conv, BatchNormalization, Relu, Clip, Add,
/// pooling, Flatten, Gemm; `metadata` goes into metadata_props (seed, epochs, augmentation).
std::vector<std::byte>
exportOnnx(const Network& network,
           const std::vector<std::pair<std::string, std::string>>& metadata = {});

/// Built-in architecture `zoo:NAME[?key=value&...]`: mobilenet-v1, mobilenet-v2, resnet18, resnet8,
/// resnet20, resnet32, resnet44, resnet56, efficientnet-lite0, ds-cnn, mobilenet-v1-vww. Keys:
/// `weights`, a path to a file whose tensors must fit by name and shape (without it the network is
/// geometry only), `classes`, `resolution`, `channels`, and those of the family (zoo_*.cpp). What
/// the weights file holds besides is in the network's report.
std::shared_ptr<const Network> buildZooNetwork(const std::string& spec);

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
