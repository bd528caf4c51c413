// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/onnx/constants.h"
#include "core/network/onnx/graph.h"

#include <optional>
#include <string>
#include <unordered_map>

namespace bitdial {

/// Operations that exporters write out as several nodes: by the last one's output the value that
/// they read. Internal to the importer.
struct OnnxPatterns {
    /// x * min(max(x + 3, 0), 6) / 6 in whatever order.
    std::unordered_map<std::string, std::string> hard_swishes;
    /// Reshape, Transpose of two parts of the channels, Reshape.
    std::unordered_map<std::string, std::string> shuffles;
    /// Nodes whose result nothing outside their pattern reads, and the pattern's last node.
    std::unordered_map<const onnx::NodeProto*, const onnx::NodeProto*> absorbed;

    /// Of values that one node reads, once: that node.
    std::unordered_map<std::string, const onnx::NodeProto*> sole_readers;

    /// What the pattern that ends in this value reads, or null.
    const std::string* source(const std::string& output) const;
};

/// Looks for them. `output` is the graph's.
OnnxPatterns findOnnxPatterns(const OnnxOrder& order, const std::string& output,
                              OnnxConstants& constants);

/// What the product of two activations is that no layer computes: the reason to report. `order` as
/// above; `same_size` says whether both have one shape.
std::string whyNoOnnxProduct(const onnx::NodeProto* first, const onnx::NodeProto* second,
                             const onnx::NodeProto& product, bool same_size);

} // namespace bitdial
