// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

namespace bitdial {
namespace {

constexpr int first_opset_with_4_bits = 21;

bool isSignedType(int type)
{
    return type == onnx_int8 || type == onnx_int16 || type == onnx_int32 || type == onnx_int4;
}

/// Throws for an element type that no quantizer of these opsets has.
void checkCodeType(int type, int opset)
{
    static const std::set<int> types = {onnx_int8,  onnx_uint8, onnx_int16, onnx_uint16,
                                        onnx_int32, onnx_int4,  onnx_uint4};
    if (type == onnx_int2 || type == onnx_uint2)
        throw OnnxInvalid{onnxTypeName(type) + " needs opset 25, the file has opset " +
                          std::to_string(opset)};
    if (!types.contains(type))
        throw OnnxRefusal{"it quantizes to " + onnxTypeName(type) + ", which is not supported"};
    if (onnxTypeBits(type) == 4 && opset < first_opset_with_4_bits)
        throw OnnxInvalid{onnxTypeName(type) + " needs opset 21, the file has opset " +
                          std::to_string(opset)};
}

/// Operators that hand integer codes on as they are.
bool keepsCodes(const std::string& op)
{
    static const std::set<std::string> operators = {"Identity",  "Reshape",   "Flatten", "MaxPool",
                                                    "Transpose", "Unsqueeze", "Squeeze"};
    return operators.contains(op);
}

} // namespace

/// Scales and zero points of a QuantizeLinear or DequantizeLinear; `type` is that of the codes.
OnnxQuantization OnnxReader::linearQuantization(const onnx::NodeProto& node, int type)
{
    checkCodeType(type, m_opset);
    if (onnxInteger(node, "block_size", 0) != 0)
        throw OnnxRefusal{"blocks of elements with a scale each are not supported"};
    OnnxQuantization result;
    result.rounding.clear();
    auto& q = result.quantizer;
    q.bits = onnxTypeBits(type);
    q.is_signed = isSignedType(type);
    const auto scale = constant(node, 1);
    if (!isOnnxFloat(scale->type) || scale->sizes.size() > 1 || scale->values.empty())
        throw OnnxInvalid{"its scale is not one float, or a list of them"};
    for (const float value : scale->values)
        checkOnnxScale(value);
    q.scales = scale->values;
    q.zero_points.assign(q.scales.size(), 0);
    if (onnxHasInput(node, 2)) {
        const auto zero = constant(node, 2);
        if (zero->type != type)
            throw OnnxInvalid{"its zero point is of type " + onnxTypeName(zero->type) +
                              ", its codes are " + onnxTypeName(type)};
        if (zero->values.size() != q.scales.size() || zero->sizes.size() > 1)
            throw OnnxInvalid{"it has " + std::to_string(zero->values.size()) +
                              " zero points for " + std::to_string(q.scales.size()) + " scales"};
        for (std::size_t i = 0; i < q.scales.size(); ++i)
            q.zero_points[i] = std::int64_t(zero->values[i]);
    }
    if (q.scales.size() > 1) {
        const auto axis = onnxInteger(node, "axis", 1);
        const auto rank = std::int64_t(isConstant(node, 0) ? constant(node, 0)->sizes.size()
                                                           : input(node).dims.size());
        if (axis < -rank || axis >= rank)
            throw OnnxInvalid{"its axis " + std::to_string(axis) + " is out of range for rank " +
                              std::to_string(rank)};
        q.axis = int(axis < 0 ? axis + rank : axis);
    }
    return result;
}

/// Whether a quantizer of an activation cuts off all that is negative, as a ReLU does.
bool OnnxReader::startsAtZero(const onnx::NodeProto& node)
{
    try {
        if (!isStandardOnnx(node)) {
            const bool zero = onnxHasInput(node, 2) && m_constants.has(node.input(2)) &&
                              std::ranges::all_of(m_constants.get(node.input(2))->values,
                                                  [](float v) { return v == 0; });
            return onnxInteger(node, "signed", 1) == 0 && zero;
        }
        if (!onnxHasInput(node, 2))
            return !isSignedType(int(onnxInteger(node, "output_dtype", onnx_uint8)));
        if (!m_constants.has(node.input(2)))
            return false;
        const auto zero = m_constants.get(node.input(2));
        const int bits = std::max(1, onnxTypeBits(zero->type));
        const float lowest = isSignedType(zero->type) ? -std::ldexp(1.0F, bits - 1) : 0.0F;
        return std::ranges::all_of(zero->values, [&](float v) { return v == lowest; });
    } catch (const OnnxRefusal&) {
        return false; // the node is refused when its turn comes
    }
}

/// Integer codes between QuantizeLinear and DequantizeLinear stand for the real numbers; an
/// operator that computed with the codes themselves would be misread.
void OnnxReader::checkCodes(const onnx::NodeProto& node)
{
    const auto& op = node.op_type();
    for (const auto& name : node.input()) {
        const auto codes = m_codes.find(name);
        if (codes == m_codes.end() || op == "Shape" || op == "DequantizeLinear" || op == "Clip")
            continue;
        if (!keepsCodes(op))
            throw OnnxRefusal{"it computes with integer codes, which is not supported"};
        m_codes[node.output(0)] = int(codes->second);
    }
}

void OnnxReader::quantizeActivation(const onnx::NodeProto& node,
                                    const OnnxQuantization& quantization, bool to_codes)
{
    const OnnxValue in = input(node);
    std::vector<std::int64_t> sizes;
    for (const auto& size : shapeOfView(in.dims, sizesOf(in.tensor)))
        sizes.push_back(size.value);
    quantization.checkSizes(sizes);
    const bool cuts = quantization.startsAtZero();
    if (cuts && in.tensor != m_description.input && !m_non_negative[std::size_t(in.tensor)]) {
        activation(node, Activation::Relu, 0);
        m_description.report.back().detail += "; its codes start at 0, which acts as a ReLU";
    } else {
        cuts ? standAside(node) : passThrough(node);
        m_description.report.back().detail = "quantizer: its bits and scale are kept beside";
    }
    m_quantizations.push_back(quantization);
    auto& kept = m_quantizations.back();
    kept.quantizer.tensor = m_values.at(node.output(0)).tensor;
    kept.record = int(m_description.quantizers.size());
    m_description.quantizers.push_back(kept.quantizer);
    if (to_codes)
        m_codes[node.output(0)] = int(m_quantizations.size()) - 1;
}

void OnnxReader::quantizeConstant(const onnx::NodeProto& node, const OnnxQuantization& quantization)
{
    const auto from = constant(node, 0);
    const bool to_codes = quantization.rounding.empty();
    if (!isOnnxFloat(from->type))
        throw OnnxInvalid{"it quantizes a constant that is no float"};
    quantization.checkSizes(from->sizes);
    m_constants.charge(from->values.size() * sizeof(float));
    OnnxConstant to;
    to.sizes = from->sizes;
    to.values.reserve(from->values.size());
    for (std::size_t i = 0; i < from->values.size(); ++i) {
        const auto channel = quantization.channel(from->sizes, i);
        const auto code = quantization.code(double(from->values[i]), channel);
        to.values.push_back(float(to_codes ? double(code) : quantization.real(code, channel)));
    }
    if (to_codes)
        to.type = onnxHasInput(node, 2) ? constant(node, 2)->type
                                        : int(onnxInteger(node, "output_dtype", onnx_uint8));
    to.quantizer = int(m_quantizations.size());
    m_quantizations.push_back(quantization);
    m_constants.define(node.output(0), std::move(to));
    report(node, NodeFate::Fused, "computed beforehand; its bits and scale are kept beside");
}

void OnnxReader::quantizeLinear(const onnx::NodeProto& node)
{
    const int type = onnxHasInput(node, 2) ? constant(node, 2)->type
                                           : int(onnxInteger(node, "output_dtype", onnx_uint8));
    const auto quantization = linearQuantization(node, type == 0 ? int(onnx_uint8) : type);
    if (isConstant(node, 0))
        quantizeConstant(node, quantization);
    else
        quantizeActivation(node, quantization, true);
}

void OnnxReader::dequantizeConstant(const onnx::NodeProto& node)
{
    const auto from = constant(node, 0);
    auto quantization = linearQuantization(node, from->type);
    quantization.checkSizes(from->sizes);
    m_constants.charge(from->values.size() * sizeof(float));
    OnnxConstant to;
    to.sizes = from->sizes;
    to.values.reserve(from->values.size());
    for (std::size_t i = 0; i < from->values.size(); ++i)
        to.values.push_back(float(quantization.real(std::int64_t(from->values[i]),
                                                    quantization.channel(from->sizes, i))));
    if (from->quantizer >= 0) { // a Clip between the two narrows its range
        const auto& narrower = m_quantizations[std::size_t(from->quantizer)].quantizer;
        quantization.quantizer.bits = narrower.bits;
        quantization.quantizer.is_signed = narrower.is_signed;
        quantization.quantizer.narrow = narrower.narrow;
    }
    to.quantizer = int(m_quantizations.size());
    m_quantizations.push_back(quantization);
    m_constants.define(node.output(0), std::move(to));
    report(node, NodeFate::Fused, "computed beforehand; its bits and scale are kept beside");
}

void OnnxReader::dequantizeLinear(const onnx::NodeProto& node)
{
    if (isConstant(node, 0))
        return dequantizeConstant(node);
    const OnnxValue in = input(node);
    const auto codes = m_codes.find(node.input(0));
    if (codes == m_codes.end()) {
        if (in.tensor != m_description.input)
            throw OnnxRefusal{"no QuantizeLinear makes what it reads"};
        // The network's input is codes: to real numbers by a factor and an offset.
        const int type = onnxHasInput(node, 2) ? constant(node, 2)->type : int(onnx_uint8);
        const auto q = linearQuantization(node, type).quantizer;
        if (q.scales.size() != 1)
            throw OnnxRefusal{"the network's input has a scale per channel"};
        const auto channels = std::size_t(shapeOf(in.tensor).channels);
        m_constants.charge(2 * channels * sizeof(float));
        return affine(node, in, std::vector<float>(channels, q.scales[0]),
                      std::vector<float>(channels, -float(q.zero_points[0]) * q.scales[0]));
    }
    const auto& before = m_quantizations[std::size_t(codes->second)].quantizer;
    const int type = onnxHasInput(node, 2) ? constant(node, 2)->type
                     : before.is_signed    ? int(onnx_int8)
                                           : int(onnx_uint8);
    const auto q = linearQuantization(node, type).quantizer;
    if (q.scales != before.scales || q.zero_points != before.zero_points)
        throw OnnxRefusal{"its scale or zero point differs from that of the QuantizeLinear before "
                          "it"};
    passThrough(node);
    m_description.report.back().detail = "gives back what was quantized before it";
}

/// A Clip of codes says that fewer of them are used than their type has: 4 bits in an int8.
void OnnxReader::clipCodes(const onnx::NodeProto& node)
{
    const auto low = m_constants.integers(node.input(1));
    const auto high = m_constants.integers(node.input(2));
    if (low.size() != 1 || high.size() != 1 || low[0] >= high[0] || high[0] - low[0] > 65535)
        throw OnnxInvalid{"it leaves no code, or is out of range"};
    const int bits = std::bit_width(std::uint64_t(high[0] - low[0]));
    const bool narrow = high[0] - low[0] + 1 == (std::int64_t(1) << bits) - 1;
    OnnxQuantization q;
    q.quantizer.bits = bits;
    q.quantizer.is_signed = low[0] < 0;
    q.quantizer.narrow = narrow;
    if (isConstant(node, 0)) {
        OnnxConstant clipped = *constant(node, 0);
        m_constants.charge(clipped.values.size() * sizeof(float));
        for (auto& value : clipped.values)
            value = std::clamp(value, float(low[0]), float(high[0]));
        clipped.integers.clear();
        clipped.quantizer = int(m_quantizations.size());
        m_quantizations.push_back(q);
        m_constants.define(node.output(0), std::move(clipped));
        return report(node, NodeFate::Fused, "computed beforehand");
    }
    const OnnxValue in = input(node);
    const int index = m_codes.at(node.input(0));
    const auto kept = m_quantizations[std::size_t(index)];
    const auto& zeros = kept.quantizer.zero_points;
    const bool cuts = std::ranges::any_of(zeros, [&](auto zero) { return low[0] >= zero; });
    if (cuts && !m_non_negative[std::size_t(in.tensor)])
        throw OnnxRefusal{"it acts as a ReLU on integer codes, which is not supported"};
    auto& record = m_description.quantizers[std::size_t(kept.record)];
    record.bits = bits;
    record.is_signed = q.quantizer.is_signed;
    record.narrow = narrow;
    passThrough(node);
    m_codes[node.output(0)] = index;
}

void OnnxReader::noteQuantizer(const OnnxConstant& constant, const Layer& layer, bool is_bias)
{
    if (constant.quantizer < 0)
        return;
    auto quantizer = m_quantizations[std::size_t(constant.quantizer)].quantizer;
    quantizer.layer = int(&layer - m_description.layers.data());
    quantizer.is_bias = is_bias;
    m_description.quantizers.push_back(std::move(quantizer));
}

} // namespace bitdial
