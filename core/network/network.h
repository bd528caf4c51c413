// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// Shape of one sample's activation: channels x height x width (no batch).
struct TensorShape {
    int channels = 0;
    int height = 1;
    int width = 1;

    std::int64_t elements() const { return std::int64_t(channels) * height * width; }
    bool operator==(const TensorShape&) const = default;
};

/// Rows and columns of zeros around an input map.
struct Padding {
    int top = 0;
    int left = 0;
    int bottom = 0;
    int right = 0;
    bool operator==(const Padding&) const = default;
};

/// Concat joins its inputs along the channels, in order. Elementwise applies nothing but its
/// activation, where that belongs to no layer. Unsupported stands for an operation that is known by
/// its name and the shape of its result only: it cannot be evaluated, and the network says so.
enum class LayerKind {
    Conv,
    DepthwiseConv,
    Linear,
    Add,
    AveragePool,
    MaxPool,
    Concat,
    Elementwise,
    Unsupported,
};
/// "conv", "depthwise", "linear", "add", "avgpool", "maxpool", "concat", "elementwise",
/// "unsupported"
const char* layerKindName(LayerKind kind);

/// Element-wise function that a layer applies to its result. Clip is min(max(x, 0), clip_max),
/// HardSwish x * min(max(x / 6 + 1/2, 0), 1), Sigmoid 1 / (1 + e^-x).
enum class Activation { None, Relu, Clip, HardSwish, Sigmoid };

/// Everything that decides a layer's work. A linear layer is a 1x1 kernel on a 1x1 map whose input
/// channels are the flattened input; a global pooling has a kernel of the input's size. Of a concat
/// or unsupported layer, `input` is its first input's shape.
struct LayerGeometry {
    TensorShape input;
    TensorShape output;
    int kernel_height = 1;
    int kernel_width = 1;
    int stride_y = 1;
    int stride_x = 1;
    Padding padding;
    int dilation_y = 1; ///< distance of the kernel's taps
    int dilation_x = 1;
    /// Of a conv: output channels see input channels of their own group only. A depthwise
    /// convolution has as many groups as channels; its kind says so and this stays 1.
    int groups = 1;
    /// Of an average pooling: divide by the window's size, not by its samples inside the map.
    bool counts_padding = true;
    bool operator==(const LayerGeometry&) const = default;
};

/// Inference-time batch normalisation, one value per output channel:
/// y = scale * (x - mean) / sqrt(variance + epsilon) + shift.
struct BatchNorm {
    std::vector<float> scale;
    std::vector<float> shift;
    std::vector<float> mean;
    std::vector<float> variance;
    float epsilon = 1e-5F;
};

/// Numbers of one layer; all empty for layers without weights.
struct LayerParameters {
    /// conv: O x (I / groups) x kH x kW; depthwise: C x 1 x kH x kW; linear: O x I (I in C,H,W
    /// order).
    std::vector<float> weights;
    std::vector<float> bias; ///< one per output channel, or empty for none
    std::optional<BatchNorm> batch_norm;
};

/// All numbers of a network, one entry per layer.
struct NetworkParameters {
    std::vector<LayerParameters> layers;
};

/// One step of the network: an operation with batch-norm and activation fused behind it.
struct Layer {
    std::string name;
    LayerKind kind = LayerKind::Conv;
    std::vector<int> inputs; ///< tensor indices: one; two for add; any number for concat
    int output = -1;         ///< tensor index
    LayerGeometry geometry;
    Activation activation = Activation::None;
    float clip_max = 0; ///< upper bound, when activation is Clip

    bool hasWeights() const
    {
        return kind == LayerKind::Conv || kind == LayerKind::DepthwiseConv ||
               kind == LayerKind::Linear;
    }
    std::int64_t weightCount() const;
    /// Multiply-accumulates per sample; 0 for layers without weights (they have none).
    std::int64_t macs() const;
    /// Why no integer kernel exists for it, neither here nor in the kernel library ("dilation"); or
    /// empty: it can be quantized.
    std::string whyNotQuantizable() const;
};

/// An activation edge between layers.
struct ActivationTensor {
    std::string name;
    TensorShape shape;
    int producer = -1;          ///< layer index, -1 for the network's input
    std::vector<int> consumers; ///< layer indices
};

/// What became of a node of the imported file.
enum class NodeFate { Quantizable, Fused, PassedThrough, Unsupported };
const char* nodeFateName(NodeFate fate);

struct NodeReport {
    std::string name;
    std::string op;
    NodeFate fate = NodeFate::PassedThrough;
    std::string detail; ///< layer it went into, or the reason why it is unsupported
};

/// A quantizer that the imported file already has (ONNX QDQ, QONNX), of a tensor or of a layer's
/// weights or bias: real = scale * (q - zero point).
struct ImportedQuantizer {
    int tensor = -1; ///< activation, or -1
    int layer = -1;  ///< layer whose weights (or bias) it quantizes, or -1
    bool is_bias = false;
    int bits = 8;
    bool is_signed = false;
    bool narrow = false; ///< without the lowest code, so that the range is symmetric
    int axis = -1;       ///< dimension of the file's value with a scale each; -1: one for all
    std::vector<float> scales;
    std::vector<std::int64_t> zero_points; ///< one per scale
};

/// The parts from which a Network is made.
struct NetworkDescription {
    std::string name;
    std::vector<Layer> layers; ///< in execution order
    std::vector<ActivationTensor> tensors;
    int input = 0;  ///< tensor index
    int output = 0; ///< tensor index
    std::vector<NodeReport> report;
    std::vector<ImportedQuantizer> quantizers; ///< in the file's order; no part of the hash
};

/// A network after import: topology, geometry and (unless geometry-only) its numbers. Immutable;
/// share it as std::shared_ptr<const Network>.
class Network {
public:
    /// Checks that the description is consistent (indices, shapes, execution order, parameter
    /// counts) and throws Error(BadInput) naming the layer otherwise. `parameters` may be null:
    /// geometry only.
    Network(NetworkDescription description, std::shared_ptr<const NetworkParameters> parameters);

    const std::string& name() const { return m_description.name; }
    const std::vector<Layer>& layers() const { return m_description.layers; }
    const std::vector<ActivationTensor>& tensors() const { return m_description.tensors; }
    const Layer& layer(int index) const { return m_description.layers[std::size_t(index)]; }
    const ActivationTensor& tensor(int index) const
    {
        return m_description.tensors[std::size_t(index)];
    }
    int layerCount() const { return int(m_description.layers.size()); }
    int tensorCount() const { return int(m_description.tensors.size()); }
    int input() const { return m_description.input; }
    int output() const { return m_description.output; }
    const std::vector<NodeReport>& report() const { return m_description.report; }
    const std::vector<ImportedQuantizer>& quantizers() const { return m_description.quantizers; }
    bool hasParameters() const { return m_parameters != nullptr; }
    /// Null for a geometry-only network.
    const std::shared_ptr<const NetworkParameters>& parameters() const { return m_parameters; }

    /// Whether no value of the tensor can be negative, as far as the topology says: its producer
    /// ends in ReLU or Clip, or is a pooling of such a tensor. False for the network's input, whose
    /// sign only the data can tell, and for everything else.
    bool producedNonNegative(int tensor) const;

    std::int64_t macs() const;
    std::int64_t parameterCount() const;
    int classCount() const { return tensor(output()).shape.channels; }
    /// SHA-256 over topology, geometry and numbers (not over names of files), hexadecimal.
    const std::string& hash() const { return m_hash; }
    /// The same topology with other numbers (fine-tuned weights). The hash stays that of the
    /// imported network, which names of bits and points refer to.
    std::shared_ptr<const Network>
    withParameters(std::shared_ptr<const NetworkParameters> parameters) const;
    /// The same network under another name, which is no part of its hash.
    std::shared_ptr<const Network> withName(std::string name) const;

private:
    NetworkDescription m_description;
    std::shared_ptr<const NetworkParameters> m_parameters;
    std::string m_hash;
};

} // namespace bitdial
