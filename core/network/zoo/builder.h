// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/graph_builder.h"
#include "core/network/weights/weight_matching.h"

#include <string>
#include <vector>

namespace bitdial {

/// A built-in architecture without numbers.
struct ZooNetwork {
    NetworkDescription description;
    std::vector<LayerNames> names; ///< one per layer
};

/// A GraphBuilder that also notes what checkpoints call each layer's numbers.
class ZooBuilder {
public:
    ZooBuilder(const std::string& name, TensorShape input, PaddingRule padding, float epsilon)
        : m_graph(name, input, padding), m_epsilon(epsilon)
    {
    }

    int input() const { return m_graph.input(); }
    const TensorShape& shapeOf(int tensor) const { return m_graph.shapeOf(tensor); }

    /// A convolution whose checkpoints have `weights` and, unless empty, the batch norm `norm`.
    int conv(const std::string& name, int from, const ConvSpec& spec, const std::string& weights,
             const std::string& norm)
    {
        m_names.push_back({weights, norm, m_epsilon, {}});
        return m_graph.conv(name, from, spec);
    }
    /// A convolution whose weights the architecture itself decides.
    int fixedConv(const std::string& name, int from, const ConvSpec& spec,
                  std::vector<float> weights)
    {
        m_names.push_back({{}, {}, m_epsilon, std::move(weights)});
        return m_graph.conv(name, from, spec);
    }
    int maxPool(const std::string& name, int from, int kernel, int stride)
    {
        m_names.emplace_back();
        return m_graph.maxPool(name, from, kernel, stride);
    }
    int add(const std::string& name, int a, int b, Activation activation)
    {
        m_names.emplace_back();
        return m_graph.add(name, a, b, activation);
    }
    /// Global average pooling `pool` and the classifier `fc`, which end the network.
    ZooNetwork classify(int from, int classes, const std::string& weights)
    {
        m_names.emplace_back();
        const int pooled = m_graph.globalAveragePool("pool", from);
        m_names.push_back({weights, {}, m_epsilon, {}});
        return {m_graph.finish(m_graph.linear("fc", pooled, classes)), std::move(m_names)};
    }

private:
    GraphBuilder m_graph;
    float m_epsilon;
    std::vector<LayerNames> m_names;
};

} // namespace bitdial
