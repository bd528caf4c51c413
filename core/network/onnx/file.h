// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace onnx {
class ModelProto;
}

namespace bitdial {

/// A constant tensor: floats or 32-bit integers in row-major order; no dimensions: a scalar.
struct OnnxFileConstant {
    std::string name;
    std::vector<std::int64_t> dimensions;
    std::variant<std::vector<float>, std::vector<std::int32_t>> values;
};

/// An attribute of a node.
struct OnnxFileAttribute {
    std::string name;
    std::variant<std::int64_t, float, std::vector<std::int64_t>, OnnxFileConstant> value;
};

/// A node with one output.
struct OnnxFileNode {
    std::string op;
    std::vector<std::string> inputs;
    std::string output;
    std::vector<OnnxFileAttribute> attributes;
    std::string domain; ///< empty: ONNX's own
};

/// A value of the graph, always of floats, as ONNX files of integer networks have them.
struct OnnxFileValue {
    std::string name;
    std::vector<std::int64_t> dimensions;
};

/// A graph to be written as an ONNX file, free of the library that writes it.
struct OnnxFile {
    std::string name;
    int ir_version = 8;
    std::vector<std::pair<std::string, int>> opsets; ///< domain, version
    std::vector<OnnxFileValue> inputs;
    std::vector<OnnxFileValue> outputs;
    std::vector<OnnxFileValue> values; ///< shapes of what lies between
    std::vector<OnnxFileConstant> constants;
    std::vector<OnnxFileNode> nodes; ///< in execution order
};

/// The bytes of a model. Throws Error(Infeasible) above 2 GiB, which the format does not allow.
std::vector<std::byte> serialized(const onnx::ModelProto& model, const std::string& name);

/// The file. Throws as `serialized`.
std::vector<std::byte> writeOnnxFile(const OnnxFile& file);

} // namespace bitdial
