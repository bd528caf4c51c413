// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace bitdial {

/// Float ONNX (opset 13) of a network with numbers: Conv, BatchNormalization, Relu, Clip, Add,
/// pooling, Flatten, Gemm; `metadata` goes into metadata_props (seed, epochs, augmentation).
std::vector<std::byte>
exportOnnx(const Network& network,
           const std::vector<std::pair<std::string, std::string>>& metadata = {});

} // namespace bitdial
