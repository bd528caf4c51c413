// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
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

/// Geometry-only built-in architecture `zoo:NAME[?key=value&...]`:
/// resnet8, mobilenet-v1 with keys width, resolution, channels, classes, stem_stride (see source).
std::shared_ptr<const Network> buildZooNetwork(const std::string& spec);

/// `.onnx` path, `demo` (the demo network fashion-resnet8), a demo network's name, or zoo:NAME.
std::shared_ptr<const Network> openNetwork(const std::string& source);

/// Folder of the demo networks: $BITDIAL_DEMO, the installed data folder or the source tree's.
std::string demoFolder();

} // namespace bitdial
