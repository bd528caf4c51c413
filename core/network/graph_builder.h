// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <string>

namespace bitdial {

/// Convolution parameters for GraphBuilder::conv.
struct ConvSpec {
    int channels = 0;
    int kernel = 3;
    int stride = 1;
    bool depthwise = false;
    Activation activation = Activation::None;
    float clip_max = 0;
};

/// Builds a NetworkDescription layer by layer; every layer makes a tensor named "<layer>.out".
class GraphBuilder {
public:
    GraphBuilder(std::string name, TensorShape input);

    int input() const { return 0; }
    /// Output size is ceil(input / stride), padded as TensorFlow's SAME.
    int conv(const std::string& name, int from, const ConvSpec& spec);
    int add(const std::string& name, int a, int b, Activation activation);
    int globalAveragePool(const std::string& name, int from);
    int linear(const std::string& name, int from, int classes);
    /// The finished description with `output` as the network's output.
    NetworkDescription finish(int output);

private:
    int append(Layer layer, const TensorShape& shape);
    const TensorShape& shapeOf(int tensor) const
    {
        return m_description.tensors[std::size_t(tensor)].shape;
    }

    NetworkDescription m_description;
};

} // namespace bitdial
