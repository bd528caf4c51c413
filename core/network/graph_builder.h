// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <string>

namespace bitdial {

/// How much a window is padded. Same is TensorFlow's: the output has ceil(input / stride) rows, the
/// odd row of zeros comes last. Symmetric is PyTorch's usual half kernel on every side.
enum class PaddingRule { Same, Symmetric };

/// Convolution parameters for GraphBuilder::conv.
struct ConvSpec {
    int channels = 0;
    int kernel = 3; ///< rows, and columns unless kernel_width says otherwise
    int stride = 1;
    bool depthwise = false;
    Activation activation = Activation::None;
    float clip_max = 0;
    int kernel_width = 0; ///< 0: as many as rows
};

/// Builds a NetworkDescription layer by layer; every layer makes a tensor named "<layer>.out".
class GraphBuilder {
public:
    GraphBuilder(std::string name, TensorShape input, PaddingRule padding = PaddingRule::Same);

    int input() const { return 0; }
    int conv(const std::string& name, int from, const ConvSpec& spec);
    int maxPool(const std::string& name, int from, int kernel, int stride);
    int add(const std::string& name, int a, int b, Activation activation);
    int globalAveragePool(const std::string& name, int from);
    int linear(const std::string& name, int from, int classes);
    int layerCount() const { return int(m_description.layers.size()); }
    const TensorShape& shapeOf(int tensor) const
    {
        return m_description.tensors[std::size_t(tensor)].shape;
    }
    /// The finished description with `output` as the network's output.
    NetworkDescription finish(int output);

private:
    int append(Layer layer, const TensorShape& shape);
    /// Sets kernel, stride and padding; gives the output's shape.
    TensorShape setWindow(LayerGeometry& geometry, int kernel_height, int kernel_width,
                          int stride) const;

    NetworkDescription m_description;
    PaddingRule m_padding;
};

} // namespace bitdial
