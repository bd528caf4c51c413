// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace onnx {
class GraphProto;
class ModelProto;
class NodeProto;
} // namespace onnx

namespace bitdial {

/// Nodes of a graph in an order in which they can be read.
struct OnnxOrder {
    std::vector<const onnx::NodeProto*> nodes; ///< that the output depends on
    std::vector<const onnx::NodeProto*> dead;  ///< that nothing reads, in file order
    bool was_sorted = true;                    ///< the file had them in order already
};

/// Checks that IR version and opset are known; returns the opset. Throws Error(BadInput) that names
/// both.
int checkOnnxVersions(const onnx::ModelProto& model, const std::string& where);

/// Checks the graph's structure and throws one Error(BadInput) with all that is wrong: names given
/// twice, inputs that nothing makes, cycles, no output or several, sparse or external constants
/// that break a rule.
OnnxOrder checkOnnxGraph(const onnx::GraphProto& graph, const std::string& where);

} // namespace bitdial
