// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/network/onnx/constants.h"
#include "core/network/onnx/graph.h"
#include "core/network/onnx/node.h"
#include "core/network/onnx/patterns.h"
#include "core/network/onnx/quantization.h"
#include "core/network/onnx/view.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace onnx {
class GraphProto;
class ModelProto;
class NodeProto;
class ValueInfoProto;
} // namespace onnx

namespace bitdial {

/// Where a model comes from.
struct OnnxSource {
    std::string where;                             ///< as messages name it
    const std::filesystem::path* folder = nullptr; ///< of its external data; null: none is read
    std::uint64_t budget = 0;                      ///< bytes that may be made of it
};

/// An ONNX value: a tensor of the network and how the value shows it.
struct OnnxValue {
    int tensor = -1;
    OnnxDims dims;
};

/// Turns one ONNX graph into a Network; each node ends in the report. A node that is unsupported
/// becomes a layer of that kind where the shape of its result is known; reading goes on behind one
/// whose is not, so that one error names them all. Internal to the importer.
class OnnxReader {
public:
    /// `model` must outlive the reader, which releases its numbers as it reads them.
    OnnxReader(onnx::ModelProto& model, OnnxSource source);

    /// Throws Error(BadInput): several inputs or outputs, no fixed input size, wrong constants, an
    /// unsupported node whose result's shape is not known, inconsistent sizes.
    std::shared_ptr<const Network> read();

private:
    using Handler = void (OnnxReader::*)(const onnx::NodeProto&);
    /// A Pad whose zeros wait for the convolution or pooling that reads them.
    struct PendingPad {
        Padding padding;
        float value = 0;
        const onnx::NodeProto* node = nullptr;
        std::size_t report = 0;
    };
    /// What is applied to each number of a row (N x CHW): it waits for the linear layer behind.
    struct RowAffine {
        std::vector<float> scale; ///< in the row's order; empty: 1
        std::vector<float> shift; ///< likewise; empty: 0
        const onnx::NodeProto* node = nullptr;
    };
    struct MapInput {
        OnnxValue value;
        TensorShape shape;
        bool along_height = false; ///< of a value of rank 3: its length is the height
        const PendingPad* pad = nullptr;
    };

    static const std::map<std::string, Handler>& handlers();
    static const std::map<std::string, Handler>& quantizerHandlers();

    [[noreturn]] void fail(const std::string& place, const std::string& why) const;
    [[noreturn]] void failUnsupported() const;
    void finish();
    void countReaders();
    void findEnd();
    bool makesAlias(const onnx::NodeProto& node);
    void readNode(const onnx::NodeProto& node);
    void dispatch(const onnx::NodeProto& node);
    bool foldNode(const onnx::NodeProto& node);
    bool readPattern(const onnx::NodeProto& node);
    [[noreturn]] void shuffle(const onnx::NodeProto& node, const OnnxValue& in);
    [[noreturn]] void refuseProduct(const onnx::NodeProto& node);
    void recordUnsupported(const onnx::NodeProto& node, const std::string& why);
    bool standIn(const onnx::NodeProto& node, const std::string& why);
    bool standInFor(const onnx::NodeProto& node, const std::string& output,
                    const std::vector<int>& inputs);
    bool declaredShape(const std::string& output, TensorShape& shape, OnnxDims& dims) const;
    void report(const onnx::NodeProto& node, NodeFate fate, const std::string& detail);

    // The graph's input (onnx_input.cpp).
    void readInput();
    void placeInput(const onnx::ValueInfoProto& input, const std::vector<std::int64_t>& sizes);

    const OnnxValue& value(const std::string& name);
    const OnnxValue& input(const onnx::NodeProto& node, int index = 0);
    std::shared_ptr<const OnnxConstant> constant(const onnx::NodeProto& node, int index);
    bool isConstant(const onnx::NodeProto& node, int index) const;
    const TensorShape& shapeOf(int tensor) const;
    OnnxAxisSizes sizesOf(int tensor) const;
    OnnxDims shownDims(const OnnxValue& value) const;
    /// A constant that is broadcast over the value, as one number per channel; of a row of several
    /// axes that a linear layer reads one per number.
    std::vector<float> perChannel(const OnnxConstant& constant, const OnnxValue& value);
    bool isChannelDim(const OnnxValue& value, std::size_t dim) const;

    // Nodes that become layers (onnx_layers.cpp).
    std::string uniqueName(const std::string& name);
    int append(const onnx::NodeProto& node, Layer layer, LayerParameters parameters,
               const TensorShape& shape, const OnnxDims& dims);
    int appendLayer(Layer layer, LayerParameters parameters, const TensorShape& shape,
                    const std::string& output);
    MapInput mapInput(const onnx::NodeProto& node);
    void mergePad(const onnx::NodeProto& node, const MapInput& in, Layer& layer);
    void materialisePad(const std::string& name);
    int identityLayer(const onnx::NodeProto& node, int tensor, const Padding& padding,
                      LayerParameters parameters);
    void noteQuantizer(const OnnxConstant& constant, bool is_bias, bool is_changed);
    void reportLostQuantizers();
    void conv(const onnx::NodeProto& node);
    void add(const onnx::NodeProto& node);
    void concat(const onnx::NodeProto& node);
    void windowPool(const onnx::NodeProto& node);
    void globalPool(const onnx::NodeProto& node);
    void reduce(const onnx::NodeProto& node);
    void pad(const onnx::NodeProto& node);

    // Linear layers (onnx_linear.cpp).
    void gemm(const onnx::NodeProto& node);
    void matMul(const onnx::NodeProto& node);
    void linear(const onnx::NodeProto& node, OnnxConstant weight, bool transposed,
                std::vector<float> bias, float factor);
    void pointwise(const onnx::NodeProto& node, const OnnxValue& in, LayerParameters parameters,
                   int outputs);

    // What is applied to a row before a linear layer (onnx_rows.cpp).
    bool isRow(const OnnxValue& value) const;
    bool leadsToLinear(const std::string& value) const;
    bool waitsAsRow(const onnx::NodeProto& node) const;
    std::vector<float> alongRow(std::vector<float> numbers, const OnnxValue& value,
                                float fallback) const;
    bool passRowThrough(const onnx::NodeProto& node);
    OnnxValue rowInput(const onnx::NodeProto& node, int index);
    void rowAffine(const onnx::NodeProto& node, const OnnxValue& value, RowAffine row);
    std::optional<RowAffine> takeRowAffine(const onnx::NodeProto& node);
    static void applyRowAffine(const RowAffine& row, const std::vector<std::size_t>& places,
                               LayerParameters& parameters);

    // Nodes that vanish into a layer (onnx_fusions.cpp).
    Layer* soleProducer(int tensor);
    LayerParameters& parametersOf(const Layer& layer);
    void fuse(const onnx::NodeProto& node, const OnnxValue& value, const std::string& into);
    void batchNorm(const onnx::NodeProto& node);
    void affine(const onnx::NodeProto& node, const OnnxValue& value, std::vector<float> scale,
                std::vector<float> shift);
    void arithmetic(const onnx::NodeProto& node);
    void negative(const onnx::NodeProto& node);
    void activation(const onnx::NodeProto& node, const OnnxValue& in, Activation kind,
                    float clip_max);
    void relu(const onnx::NodeProto& node);
    void hardSwish(const onnx::NodeProto& node);
    void sigmoid(const onnx::NodeProto& node);
    void clip(const onnx::NodeProto& node);
    void extremum(const onnx::NodeProto& node);

    // Nodes that only show a tensor in another way (onnx_reshapes.cpp).
    void passThrough(const onnx::NodeProto& node);
    void show(const onnx::NodeProto& node, OnnxDims dims);
    void standAside(const onnx::NodeProto& node);
    void cast(const onnx::NodeProto& node);
    void dropout(const onnx::NodeProto& node);
    void transpose(const onnx::NodeProto& node);
    void reshape(const onnx::NodeProto& node);
    void flatten(const onnx::NodeProto& node);
    void squeeze(const onnx::NodeProto& node);
    void unsqueeze(const onnx::NodeProto& node);
    void softmax(const onnx::NodeProto& node);
    void shape(const onnx::NodeProto& node);

    // Quantizers (onnx_quantizers.cpp).
    OnnxQuantization linearQuantization(const onnx::NodeProto& node, int type);
    OnnxQuantization qonnxQuantization(const onnx::NodeProto& node);
    void quantizeConstant(const onnx::NodeProto& node, const OnnxQuantization& quantization);
    void dequantizeConstant(const onnx::NodeProto& node);
    void readZeroPoints(const onnx::NodeProto& node, ImportedQuantizer& quantizer);
    void readScales(const onnx::NodeProto& node, ImportedQuantizer& quantizer);
    int qonnxBits(const onnx::NodeProto& node);
    bool startsAtZero(const onnx::NodeProto& node);
    void quantizeLinear(const onnx::NodeProto& node);
    void dequantizeInput(const onnx::NodeProto& node, const OnnxValue& value);
    void dequantizeLinear(const onnx::NodeProto& node);
    void quant(const onnx::NodeProto& node);
    void bipolarQuant(const onnx::NodeProto& node);
    void trunc(const onnx::NodeProto& node);
    bool clipsCodes(const onnx::NodeProto& node);
    void clipCodes(const onnx::NodeProto& node);
    void clipConstantCodes(const onnx::NodeProto& node, const OnnxQuantization& range,
                           std::int64_t low, std::int64_t high);
    void cutCodes(const onnx::NodeProto& node, const ImportedQuantizer& quantizer,
                  std::int64_t highest);
    void quantizeActivation(const onnx::NodeProto& node, const OnnxQuantization& quantization,
                            bool to_codes);
    void checkCodes(const onnx::NodeProto& node);
    void reportQuantized(const onnx::NodeProto& node);

    const onnx::GraphProto& m_graph;
    OnnxSource m_source;
    int m_opset = 0;
    OnnxOrder m_order;
    OnnxConstants m_constants;
    OnnxBatch m_batch = -1;
    OnnxPatterns m_patterns;
    /// Readers of a value, those of its aliases included; the nodes that make aliases are none.
    std::unordered_map<std::string, int> m_readers;
    std::unordered_map<std::string, OnnxValue> m_values;
    std::unordered_map<std::string, PendingPad> m_pads;
    std::unordered_map<std::string, RowAffine> m_rows;
    std::unordered_set<std::string> m_unknown; ///< values behind an unsupported node
    std::unordered_map<std::string, const onnx::ValueInfoProto*> m_infos;
    std::unordered_map<std::string, const onnx::NodeProto*> m_makers;
    /// Values that only views, casts and quantizers separate from the output; the output itself.
    std::unordered_set<std::string> m_at_end;
    bool m_softmax_left_out = false;
    /// Values that hold integer codes, between QuantizeLinear and DequantizeLinear, and the index
    /// of their quantizer.
    std::unordered_map<std::string, int> m_codes;
    std::vector<OnnxQuantization> m_quantizations;
    std::unordered_set<int> m_quantized_biases; ///< layers whose bias is as its quantizer gave it
    std::unordered_set<std::string> m_layer_names;
    int m_unchecked_nodes = 0; ///< nodes whose inputs are unknown
    NetworkDescription m_description;
    std::vector<LayerParameters> m_parameters;
    std::vector<int> m_producers;     ///< of each tensor: its layer, or -1
    std::vector<bool> m_non_negative; ///< of each tensor
};

} // namespace bitdial
