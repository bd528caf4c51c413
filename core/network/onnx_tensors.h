// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace onnx {
class GraphProto;
class NodeProto;
} // namespace onnx

namespace bitdial {

/// A constant of an ONNX file: float values (integers converted) and sizes.
struct OnnxConstant {
    std::vector<float> values;
    std::vector<std::int64_t> sizes;
};

/// Initializers and Constant nodes of a graph by name; of type float, double, int32 or int64.
/// Throws Error(BadInput) naming the tensor: unknown type, negative or overflowing sizes, data that
/// does not match the sizes, data in an external file.
std::map<std::string, OnnxConstant> readOnnxConstants(const onnx::GraphProto& graph,
                                                      const std::string& where);

/// Attribute of a node, or the fallback when it is absent.
std::int64_t onnxInteger(const onnx::NodeProto& node, const std::string& name,
                         std::int64_t fallback);
float onnxFloat(const onnx::NodeProto& node, const std::string& name, float fallback);
std::vector<std::int64_t> onnxIntegers(const onnx::NodeProto& node, const std::string& name,
                                       std::vector<std::int64_t> fallback);
std::string onnxText(const onnx::NodeProto& node, const std::string& name,
                     const std::string& fallback);

} // namespace bitdial
