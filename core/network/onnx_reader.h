// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/network/onnx_tensors.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace onnx {
class GraphProto;
class NodeProto;
} // namespace onnx

namespace bitdial {

/// Turns one ONNX graph into a Network. Nodes are taken in file order, which ONNX requires to be
/// topological; each ends in the report. Reading goes on behind a node that is unsupported, so
/// that one error names them all. Internal to the importer; `graph` must outlive the reader.
class OnnxReader {
public:
    /// Throws Error(BadInput) for a constant that cannot be read. `where` names the file.
    OnnxReader(const onnx::GraphProto& graph, std::string where);

    /// Throws Error(BadInput): several inputs or outputs, no fixed input size, unsupported nodes
    /// (the first ten with operator and reason), inconsistent sizes.
    std::shared_ptr<const Network> read();

private:
    using Handler = void (OnnxReader::*)(const onnx::NodeProto&);
    static const std::map<std::string, Handler>& handlers();

    [[noreturn]] void fail(const std::string& place, const std::string& why) const;
    void checkSupported() const;
    void countReaders();
    void readInput();
    void readNode(const onnx::NodeProto& node);
    void recordUnsupported(const onnx::NodeProto& node, const std::string& why);
    void standIn(const onnx::NodeProto& node);
    void report(const onnx::NodeProto& node, NodeFate fate, const std::string& detail);

    static std::string nodeName(const onnx::NodeProto& node);
    int tensorOf(const std::string& value) const;
    int inputTensor(const onnx::NodeProto& node, int index = 0) const;
    const OnnxConstant& constantInput(const onnx::NodeProto& node, int index) const;
    static bool hasInput(const onnx::NodeProto& node, int index);
    const TensorShape& shapeOf(int tensor) const;

    // Nodes that become layers (onnx_layers.cpp).
    void append(const onnx::NodeProto& node, Layer layer, LayerParameters parameters,
                const TensorShape& shape);
    void conv(const onnx::NodeProto& node);
    void linear(const onnx::NodeProto& node, bool transposed, std::vector<float> bias);
    void gemm(const onnx::NodeProto& node);
    void matMul(const onnx::NodeProto& node);
    void add(const onnx::NodeProto& node);
    void windowPool(const onnx::NodeProto& node);
    void globalPool(const onnx::NodeProto& node);
    void reduceMean(const onnx::NodeProto& node);

    // Nodes that vanish into a layer or change nothing (onnx_fusions.cpp).
    Layer* soleProducer(int tensor);
    LayerParameters& parametersOf(const Layer& layer);
    void fuse(const onnx::NodeProto& node, int tensor, const std::string& into);
    void batchNorm(const onnx::NodeProto& node);
    void activation(const onnx::NodeProto& node, Activation kind, float clip_max);
    void relu(const onnx::NodeProto& node);
    void clip(const onnx::NodeProto& node);
    bool addBias(const onnx::NodeProto& node);
    void passThrough(const onnx::NodeProto& node);
    void reshape(const onnx::NodeProto& node);
    void flatten(const onnx::NodeProto& node);
    void squeeze(const onnx::NodeProto& node);
    void softmax(const onnx::NodeProto& node);
    void constant(const onnx::NodeProto& node);

    const onnx::GraphProto& m_graph;
    std::string m_where;
    std::map<std::string, OnnxConstant> m_constants;
    /// Readers of a value, those of its aliases included; the nodes that make aliases are none.
    std::map<std::string, int> m_readers;
    std::map<std::string, int> m_tensor_of; ///< value, or alias of one -> tensor
    std::set<std::string> m_unknown;        ///< values behind an unsupported node
    int m_unchecked_nodes = 0;              ///< nodes whose inputs are unknown
    NetworkDescription m_description;
    std::vector<LayerParameters> m_parameters;
};

} // namespace bitdial
