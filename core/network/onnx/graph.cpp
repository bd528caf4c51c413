// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/graph.h"

#include "core/base/error.h"
#include "core/network/onnx/node.h"
#include "core/network/onnx/tensors.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace bitdial {
namespace {

constexpr int oldest_opset = 7;
constexpr int newest_opset = 25;
constexpr int oldest_ir = 3;
constexpr int newest_ir = 13;
constexpr int named_problems = 20;

/// The structure of one graph; collects what is wrong with it.
class GraphCheck {
public:
    explicit GraphCheck(const onnx::GraphProto& graph) : m_graph(graph) {}

    OnnxOrder check(const std::string& where)
    {
        checkConstants();
        collectMakers();
        checkOutput();
        checkReads();
        OnnxOrder order;
        sort(order);
        if (m_count > 0)
            throw Error(ErrorCode::BadInput, "The ONNX graph is not well formed", where,
                        m_problems +
                            (m_count > named_problems
                                 ? "; and " + std::to_string(m_count - named_problems) + " more"
                                 : ""),
                        "Export it again with one input and one output");
        keepLive(order);
        return order;
    }

private:
    void problem(const std::string& text)
    {
        if (++m_count <= named_problems)
            m_problems += (m_problems.empty() ? "" : "; ") + text;
    }

    void checkTensor(const onnx::TensorProto& tensor)
    {
        try {
            checkOnnxTensor(tensor);
        } catch (const OnnxInvalid& invalid) {
            problem("tensor " + onnxQuoted(tensor.name()) + ": " + invalid.why);
        }
    }

    void checkSparse(const onnx::SparseTensorProto& sparse)
    {
        checkTensor(sparse.values());
        checkTensor(sparse.indices());
        problem("tensor " + onnxQuoted(sparse.values().name()) +
                " is sparse, which is not supported");
    }

    void checkConstants()
    {
        std::unordered_set<std::string_view> names;
        for (const auto& tensor : m_graph.initializer()) {
            checkTensor(tensor);
            if (!names.insert(tensor.name()).second)
                problem("two initializers are named " + onnxQuoted(tensor.name()));
            m_made.insert(tensor.name());
        }
        for (const auto& sparse : m_graph.sparse_initializer())
            checkSparse(sparse);
        for (const auto& node : m_graph.node())
            for (const auto& attribute : node.attribute()) {
                if (attribute.has_t())
                    checkTensor(attribute.t());
                for (const auto& tensor : attribute.tensors())
                    checkTensor(tensor);
                if (attribute.has_sparse_tensor())
                    checkSparse(attribute.sparse_tensor());
            }
    }

    void collectMakers()
    {
        std::unordered_set<std::string_view> inputs;
        for (const auto& input : m_graph.input()) {
            if (!inputs.insert(input.name()).second)
                problem("two inputs are named " + onnxQuoted(input.name()));
            m_made.insert(input.name());
        }
        std::unordered_set<std::string_view> names;
        for (int i = 0; i < m_graph.node_size(); ++i) {
            const auto& node = m_graph.node(i);
            if (!node.name().empty() && !names.insert(node.name()).second)
                problem("two nodes are named " + onnxQuoted(node.name()));
            for (const auto& output : node.output()) {
                if (output.empty())
                    continue;
                if (!m_made.insert(output).second)
                    problem("value " + onnxQuoted(output) + " is made twice");
                m_maker.emplace(output, i);
            }
        }
    }

    void checkOutput()
    {
        std::string names;
        for (const auto& output : m_graph.output())
            if (names.size() < 1000)
                names += (names.empty() ? "" : ", ") + onnxQuoted(output.name());
        if (m_graph.output_size() == 0)
            problem("it has no output");
        if (m_graph.output_size() > 1)
            problem("it has " + std::to_string(m_graph.output_size()) + " outputs (" + names +
                    "), expected one");
        for (const auto& output : m_graph.output())
            if (!m_made.contains(output.name()))
                problem("no node makes its output " + onnxQuoted(output.name()));
    }

    void checkReads()
    {
        for (const auto& node : m_graph.node())
            for (const auto& input : node.input())
                if (!input.empty() && !m_made.contains(input))
                    problem("node " + onnxQuoted(onnxNodeName(node)) + " reads " +
                            onnxQuoted(input) + ", which nothing makes");
    }

    /// In file order as far as possible: a node follows as soon as all that it reads is made.
    void sort(OnnxOrder& order)
    {
        std::vector<int> waits(std::size_t(m_graph.node_size()), 0);
        std::vector<std::vector<int>> readers(waits.size());
        std::set<int> ready;
        for (int i = 0; i < m_graph.node_size(); ++i) {
            for (const auto& input : m_graph.node(i).input())
                if (const auto maker = m_maker.find(input); maker != m_maker.end()) {
                    readers[std::size_t(maker->second)].push_back(i);
                    ++waits[std::size_t(i)];
                    order.was_sorted = order.was_sorted && maker->second < i;
                }
            if (waits[std::size_t(i)] == 0)
                ready.insert(i);
        }
        while (!ready.empty()) {
            const int next = *ready.begin();
            ready.erase(ready.begin());
            order.nodes.push_back(&m_graph.node(next));
            for (const int reader : readers[std::size_t(next)])
                if (--waits[std::size_t(reader)] == 0)
                    ready.insert(reader);
        }
        if (order.nodes.size() == waits.size())
            return;
        std::string names;
        for (std::size_t i = 0; i < waits.size() && names.size() < 1000; ++i)
            if (waits[i] > 0)
                names +=
                    (names.empty() ? "" : ", ") + onnxQuoted(onnxNodeName(m_graph.node(int(i))));
        problem("these nodes form a cycle or wait for one: " + names);
    }

    void keepLive(OnnxOrder& order) const
    {
        std::unordered_set<std::string_view> needed;
        for (const auto& output : m_graph.output())
            needed.insert(output.name());
        std::vector<const onnx::NodeProto*> live;
        for (auto node = order.nodes.rbegin(); node != order.nodes.rend(); ++node) {
            const bool used = std::ranges::any_of((*node)->output(), [&](const auto& output) {
                return !output.empty() && needed.contains(output);
            });
            (used ? live : order.dead).push_back(*node);
            if (used)
                needed.insert((*node)->input().begin(), (*node)->input().end());
        }
        std::ranges::reverse(live);
        std::ranges::reverse(order.dead);
        order.nodes = std::move(live);
    }

    const onnx::GraphProto& m_graph;
    std::unordered_set<std::string_view> m_made;
    std::unordered_map<std::string_view, int> m_maker; ///< value -> node
    std::string m_problems;
    int m_count = 0;
};

} // namespace

int checkOnnxVersions(const onnx::ModelProto& model, const std::string& where)
{
    std::int64_t opset = -1;
    int imports = 0;
    for (const auto& import : model.opset_import())
        if (import.domain().empty() || import.domain() == "ai.onnx") {
            opset = import.version();
            ++imports;
        }
    const std::string versions = (imports ? "opset " + std::to_string(opset) : "no opset") +
                                 ", IR version " + std::to_string(model.ir_version());
    if (imports != 1)
        throw Error(ErrorCode::BadInput, "The ONNX file does not say its opset", where,
                    imports ? "it names several opsets of ONNX (" + versions + ")"
                            : "it does not say which operators' version it uses (" + versions + ")",
                    "Export the file again");
    if (opset < oldest_opset || opset > newest_opset || model.ir_version() < oldest_ir ||
        model.ir_version() > newest_ir)
        throw Error(ErrorCode::BadInput, "The ONNX file's version is not supported", where,
                    versions + "; supported are opset " + std::to_string(oldest_opset) + " to " +
                        std::to_string(newest_opset) + " and IR version " +
                        std::to_string(oldest_ir) + " to " + std::to_string(newest_ir),
                    "Convert the file to opset 13");
    return int(opset);
}

OnnxOrder checkOnnxGraph(const onnx::GraphProto& graph, const std::string& where)
{
    return GraphCheck(graph).check(where);
}

} // namespace bitdial
