// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/onnx/file.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bitdial::test {

/// Values of an integer graph, of one sample, C,H,W.
struct GraphValue {
    std::vector<std::int64_t> sizes; ///< without the batch
    std::vector<std::int64_t> values;
};

/// Runs a graph of the DORY or Deeploy export by what their documentation says of each node, in
/// 64-bit integers and plain loops. An average pooling in DORY's dialect gives the window's sum,
/// and the Mul behind it divides its factor by the window, as the kernel does. Throws
/// std::runtime_error for a node it does not know and for numbers above 32 bits.
std::map<std::string, GraphValue> runIntegerGraph(const OnnxFile& graph, GraphValue input,
                                                  bool input_is_signed);

} // namespace bitdial::test
