// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace onnx {
class GraphProto;
class ModelProto;
class NodeProto;
class TensorProto;
class ValueInfoProto;
} // namespace onnx

namespace bitdial {

using OnnxMetadata = std::vector<std::pair<std::string, std::string>>;

/// The first opset that has every operator of the network in float: 13, or 14 for HardSwish.
int floatOpset(const Network& network);

/// Writes one network as an ONNX graph of floats; batch norm stays a node of its own. What
/// quantizes overrides the functions that say under which names values are made and read. Internal
/// to the ONNX export.
class OnnxWriter {
public:
    /// `network` must have numbers and outlive the writer; `opset` is from 13 to 25.
    OnnxWriter(const Network& network, int opset);
    virtual ~OnnxWriter();
    OnnxWriter(const OnnxWriter&) = delete;
    OnnxWriter& operator=(const OnnxWriter&) = delete;

    /// The file. Once.
    std::vector<std::byte> write(const OnnxMetadata& metadata);

protected:
    /// Writes a layer's weights; returns the name of the floats that its operation reads.
    virtual std::string writeWeights(int layer, const std::vector<std::int64_t>& sizes);
    /// Names of a tensor as its producer writes it and as its consumers read it.
    virtual std::string madeName(int tensor) const;
    virtual std::string readName(int tensor) const;
    /// Called once the tensor's floats are there under its made name.
    virtual void finishTensor(int tensor);

    const Network& network() const { return m_network; }
    /// The name, made longer where a value of the graph has it already. Each call takes the name.
    std::string unusedName(std::string name);
    /// An operators' domain besides ONNX's own.
    void importDomain(const std::string& domain, int version);
    /// Adds a constant under an unused name, still without numbers.
    onnx::TensorProto* initializer(const std::string& name, int type,
                                   const std::vector<std::int64_t>& sizes);
    /// Adds a constant of floats; returns its name.
    std::string floats(const std::string& name, const std::vector<float>& values,
                       const std::vector<std::int64_t>& sizes);
    onnx::NodeProto* node(const std::string& op, const std::string& name,
                          const std::vector<std::string>& inputs, const std::string& output);
    static void integers(onnx::NodeProto* node, const std::string& name,
                         const std::vector<std::int64_t>& values);
    static void integer(onnx::NodeProto* node, const std::string& name, std::int64_t value);
    static void text(onnx::NodeProto* node, const std::string& name, const std::string& value);

private:
    void declare(onnx::ValueInfoProto* value, int tensor, bool is_flat);
    void writeLayer(int index);
    void writeOperation(int index, const std::string& output);
    void writeWeighted(int index, const std::string& output);
    void writePool(const Layer& layer, const std::string& output);
    void writeNorm(const Layer& layer, const BatchNorm& norm, const std::string& from,
                   const std::string& to);
    void writeActivation(const Layer& layer, const std::string& from, const std::string& to);

    const Network& m_network;
    std::unique_ptr<onnx::ModelProto> m_model;
    onnx::GraphProto* m_graph = nullptr;
    std::unordered_set<std::string> m_names; ///< of values, the tensors' own from the beginning
    std::unordered_set<std::string> m_node_names;
};

} // namespace bitdial
