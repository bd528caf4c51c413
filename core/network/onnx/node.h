// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onnx {
class AttributeProto;
class NodeProto;
} // namespace onnx

namespace bitdial {

/// Why one node cannot become part of a Network. Thrown while the node is read and caught by the
/// reader, which goes on with the next node; never leaves the importer.
struct OnnxRefusal {
    std::string why;
};

/// What is wrong with one node: not an operation that we lack but a value that no file may hold.
/// The reader makes an Error of it that names the node.
struct OnnxInvalid {
    std::string why;
};

/// The text with control characters written as \xNN.
std::string onnxEscaped(const std::string& text);

/// A name from a file as it appears in a message: cut to 200 characters, control characters
/// written as \xNN, in single quotes.
std::string onnxQuoted(const std::string& name);

/// A node's name, or its first output's where it has none.
const std::string& onnxNodeName(const onnx::NodeProto& node);

/// Whether the node is a QuantizeLinear or DequantizeLinear of the domain com.microsoft: as ONNX's
/// own, with the small types of opset 21 in files of any opset.
bool isMicrosoftQuantizer(const onnx::NodeProto& node);

/// Whether the node is of ONNX's own operator set, or one that means the same.
bool isStandardOnnx(const onnx::NodeProto& node);

/// Whether the optional input is given.
bool onnxHasInput(const onnx::NodeProto& node, int index);

/// Attribute of a node, or the fallback when it is absent. Throws OnnxRefusal when it is of another
/// type than asked for.
std::int64_t onnxInteger(const onnx::NodeProto& node, const std::string& name,
                         std::int64_t fallback);
float onnxFloat(const onnx::NodeProto& node, const std::string& name, float fallback);
std::vector<std::int64_t> onnxIntegers(const onnx::NodeProto& node, const std::string& name,
                                       std::vector<std::int64_t> fallback);
std::string onnxText(const onnx::NodeProto& node, const std::string& name,
                     const std::string& fallback);

/// The attribute, or null.
const onnx::AttributeProto* onnxAttribute(const onnx::NodeProto& node, const std::string& name);

/// Operators whose result has their input's shape, whether they are supported or not.
bool keepsOnnxShape(const std::string& op);

/// An axis that may count from the end, as 0 .. rank - 1. Throws OnnxRefusal when out of range.
int onnxAxis(std::int64_t axis, std::size_t rank);

} // namespace bitdial
