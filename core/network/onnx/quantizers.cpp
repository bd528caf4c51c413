// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

namespace bitdial {
namespace {

constexpr int first_opset_with_4_bits = 21;
constexpr int first_opset_with_2_bits = 25;
constexpr std::int64_t largest_code = (std::int64_t(1) << 32) - 1;
const char* const kept_beside = "quantizer: its bits and scale are kept beside";

bool isSignedType(int type)
{
    return type == onnx_int8 || type == onnx_int16 || type == onnx_int32 || type == onnx_int4 ||
           type == onnx_int2;
}

/// Throws for an element type that no quantizer of these opsets has.
void checkCodeType(int type, int opset)
{
    static const std::set<int> types = {onnx_int8, onnx_uint8, onnx_int16, onnx_uint16, onnx_int32,
                                        onnx_int4, onnx_uint4, onnx_int2,  onnx_uint2};
    if (!types.contains(type))
        throw OnnxRefusal{"it quantizes to " + onnxTypeName(type) + ", which is not supported"};
    const int bits = onnxTypeBits(type);
    const int needed = bits == 2   ? first_opset_with_2_bits
                       : bits == 4 ? first_opset_with_4_bits
                                   : 0;
    if (opset < needed)
        throw OnnxInvalid{onnxTypeName(type) + " needs opset " + std::to_string(needed) +
                          ", the file has opset " + std::to_string(opset)};
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
    checkCodeType(type, isMicrosoftQuantizer(node) ? first_opset_with_4_bits : m_opset);
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
    if (to_codes)
        m_codes[node.output(0)] = int(m_quantizations.size());
    m_quantizations.push_back(quantization);
    if (quantization.quantizer.axis >= 0)
        m_quantizations.back().shared_axes =
            shownDims(in)[std::size_t(quantization.quantizer.axis)];
    if (m_softmax_left_out && m_at_end.contains(node.output(0))) {
        standAside(node);
        m_description.report.back().detail = "left out with the softmax: it quantizes what that "
                                             "gives";
        return;
    }
    if (quantization.startsAtZero()) {
        cutCodes(node, quantization.quantizer, quantization.highest());
    } else {
        passThrough(node);
        m_description.report.back().detail = kept_beside;
    }
    auto& kept = m_quantizations.back();
    kept.quantizer.tensor = m_values.at(node.output(0)).tensor;
    kept.record = int(m_description.quantizers.size());
    m_description.quantizers.push_back(kept.quantizer);
}

/// What codes from 0 to the highest do to the numbers that they stand for: as a ReLU and the Clip
/// that runtimes leave out before a quantizer. The network's input keeps its values.
void OnnxReader::cutCodes(const onnx::NodeProto& node, const ImportedQuantizer& quantizer,
                          std::int64_t highest)
{
    const OnnxValue in = input(node);
    const Layer* layer = soleProducer(in.tensor);
    const bool merges =
        layer && (layer->activation == Activation::Relu || layer->activation == Activation::Clip);
    if (in.tensor == m_description.input || (m_non_negative[std::size_t(in.tensor)] && !merges)) {
        standAside(node);
        m_description.report.back().detail = kept_beside;
        if (in.tensor == m_description.input)
            m_description.report.back().detail +=
                "; it cuts off what is negative, here the input's values stay as they are";
        return;
    }
    double limit = std::numeric_limits<double>::infinity();
    if (quantizer.scales.size() == 1)
        limit = double(quantizer.scales[0]) * double(highest - quantizer.zero_points[0]);
    if (limit < double(std::numeric_limits<float>::max()))
        activation(node, in, Activation::Clip, float(limit));
    else
        activation(node, in, Activation::Relu, 0);
    m_description.report.back().detail += "; its codes start at 0, which acts as a ReLU or Clip";
}

/// Of a constant, whose quantizer is the last.
void OnnxReader::reportQuantized(const onnx::NodeProto& node)
{
    m_quantizations.back().report = int(m_description.report.size());
    report(node, NodeFate::Fused, "computed beforehand; its bits and scale are kept beside");
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
    to.quantized_axis = quantization.quantizer.axis;
    m_quantizations.push_back(quantization);
    m_constants.define(node.output(0), std::move(to));
    m_constants.drop(node.input(0));
    reportQuantized(node);
}

void OnnxReader::quantizeLinear(const onnx::NodeProto& node)
{
    const auto held = isConstant(node, 0) ? constant(node, 0) : nullptr; // is read only once
    const int type = onnxHasInput(node, 2) ? constant(node, 2)->type
                                           : int(onnxInteger(node, "output_dtype", onnx_uint8));
    const auto quantization = linearQuantization(node, type == 0 ? int(onnx_uint8) : type);
    if (held)
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
    to.quantized_axis = quantization.quantizer.axis;
    m_quantizations.push_back(quantization);
    m_quantizations.back().before = from->quantizer;
    m_constants.define(node.output(0), std::move(to));
    m_constants.drop(node.input(0));
    reportQuantized(node);
}

/// The network's input is codes: to real numbers by a factor and an offset.
void OnnxReader::dequantizeInput(const onnx::NodeProto& node, const OnnxValue& in)
{
    const int type = onnxHasInput(node, 2) ? constant(node, 2)->type : int(onnx_uint8);
    const auto q = linearQuantization(node, type).quantizer;
    const auto channels = std::size_t(shapeOf(in.tensor).channels);
    if (q.scales.size() != 1 &&
        (q.scales.size() != channels || !isChannelDim(in, std::size_t(q.axis))))
        throw OnnxRefusal{"the network's input has a scale for each place of another dimension "
                          "than the channels"};
    m_constants.charge(2 * channels * sizeof(float));
    std::vector<float> scale(channels, q.scales[0]);
    std::vector<float> shift(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t own = q.scales.size() == 1 ? 0 : c;
        scale[c] = q.scales[own];
        shift[c] = -float(q.zero_points[own]) * q.scales[own];
    }
    affine(node, in, std::move(scale), std::move(shift));
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
        return dequantizeInput(node, in);
    }
    const auto& kept = m_quantizations[std::size_t(codes->second)];
    const auto& before = kept.quantizer;
    const int type = onnxHasInput(node, 2) ? constant(node, 2)->type
                     : before.is_signed    ? int(onnx_int8)
                                           : int(onnx_uint8);
    const auto q = linearQuantization(node, type).quantizer;
    if (q.scales != before.scales || q.zero_points != before.zero_points)
        throw OnnxRefusal{"its scale or zero point differs from that of the QuantizeLinear before "
                          "it"};
    if (q.axis >= 0 && shownDims(in)[std::size_t(q.axis)] != kept.shared_axes)
        throw OnnxRefusal{"its axis is another than that of the QuantizeLinear before it"};
    passThrough(node);
    m_description.report.back().detail = "gives back what was quantized before it";
}

/// Whether the node is a Clip of integer codes, of an activation or of a constant.
bool OnnxReader::clipsCodes(const onnx::NodeProto& node)
{
    if (node.op_type() != "Clip" || !onnxHasInput(node, 0))
        return false;
    return m_codes.contains(node.input(0)) ||
           (isConstant(node, 0) && isOnnxInteger(constant(node, 0)->type));
}

/// A Clip of codes says that fewer of them are used than their type has: 4 bits in an int8.
void OnnxReader::clipCodes(const onnx::NodeProto& node)
{
    if (!onnxHasInput(node, 1) || !onnxHasInput(node, 2))
        throw OnnxRefusal{"it clips integer codes on one side only, which is not supported"};
    const auto lows = m_constants.integers(node.input(1));
    const auto highs = m_constants.integers(node.input(2));
    if (lows.size() != 1 || highs.size() != 1 || lows[0] >= highs[0] || lows[0] < -largest_code ||
        highs[0] > largest_code || highs[0] - lows[0] > largest_code)
        throw OnnxInvalid{"it leaves no code, or is out of range"};
    const auto low = lows[0];
    const auto high = highs[0];
    OnnxQuantization clipped;
    auto& q = clipped.quantizer;
    q.bits = int(std::bit_width(std::uint64_t(high - low)));
    q.is_signed = low < 0;
    q.narrow = high - low + 1 == (std::int64_t(1) << q.bits) - 1;
    if (isConstant(node, 0))
        return clipConstantCodes(node, clipped, low, high);
    const int index = m_codes.at(node.input(0));
    const auto kept = m_quantizations[std::size_t(index)];
    const auto lowest = std::max(low, kept.lowest());
    const auto& zeros = kept.quantizer.zero_points;
    const bool cuts = std::ranges::all_of(zeros, [&](auto zero) { return lowest == zero; });
    if (std::ranges::any_of(zeros,
                            [&](auto zero) { return (lowest >= zero && !cuts) || high <= zero; }))
        throw OnnxRefusal{"what its codes stand for does not begin at 0 or below and end above"};
    if (cuts)
        cutCodes(node, kept.quantizer, std::min(high, kept.highest()));
    else
        standAside(node);
    m_codes[node.output(0)] = index;
    if (kept.record < 0) // left out with a softmax
        return;
    auto& record = m_description.quantizers[std::size_t(kept.record)];
    record.tensor = m_values.at(node.output(0)).tensor;
    record.bits = q.bits;
    record.is_signed = q.is_signed;
    record.narrow = q.narrow;
}

void OnnxReader::clipConstantCodes(const onnx::NodeProto& node, const OnnxQuantization& range,
                                   std::int64_t low, std::int64_t high)
{
    const auto from = constant(node, 0);
    m_constants.charge(from->values.size() * sizeof(float));
    OnnxConstant clipped = *from;
    for (auto& value : clipped.values)
        value = std::clamp(value, float(low), float(high));
    for (auto& value : clipped.integers)
        value = std::clamp(value, low, high);
    clipped.quantizer = int(m_quantizations.size());
    m_quantizations.push_back(range);
    m_quantizations.back().before = from->quantizer;
    m_constants.define(node.output(0), std::move(clipped));
    m_constants.drop(node.input(0));
    report(node, NodeFate::Fused, "computed beforehand");
}

} // namespace bitdial
