// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace bitdial {
namespace {

constexpr int most_bits = 32;

std::string inCapitals(std::string text)
{
    for (char& c : text)
        if (c >= 'a' && c <= 'z')
            c = char(c - 'a' + 'A');
    return text;
}

/// An attribute that must be there: the format's description and its code disagree about defaults.
bool requiredFlag(const onnx::NodeProto& node, const std::string& name)
{
    if (!onnxAttribute(node, name))
        throw OnnxInvalid{"its attribute '" + name +
                          "' is missing; programs do not agree on what that means"};
    const auto value = onnxInteger(node, name, 0);
    if (value != 0 && value != 1)
        throw OnnxInvalid{"its attribute '" + name + "' is neither 0 nor 1"};
    return value == 1;
}

} // namespace

int OnnxReader::qonnxBits(const onnx::NodeProto& node)
{
    const auto bits = constant(node, 3);
    if (bits->values.size() != 1)
        throw OnnxInvalid{"its bitwidth is not a single number"};
    const float value = bits->values[0];
    if (!(value >= 1 && value <= most_bits) || value != std::floor(value))
        throw OnnxInvalid{"its bitwidth " + std::to_string(value) +
                          " is no whole number from 1 to 32"};
    return int(value);
}

void OnnxReader::readScales(const onnx::NodeProto& node, ImportedQuantizer& quantizer)
{
    const auto scale = constant(node, 1);
    const auto rank =
        isConstant(node, 0) ? constant(node, 0)->sizes.size() : input(node).dims.size();
    if (scale->values.empty() || scale->sizes.size() > rank)
        throw OnnxInvalid{"its scale does not fit its input"};
    for (const float value : scale->values)
        checkOnnxScale(value);
    quantizer.scales = scale->values;
    if (scale->values.size() == 1)
        return;
    for (std::size_t i = 0; i < scale->sizes.size(); ++i) {
        if (scale->sizes[i] == 1)
            continue;
        if (quantizer.axis >= 0)
            throw OnnxRefusal{"its scale differs along several dimensions"};
        quantizer.axis = int(i + rank - scale->sizes.size());
    }
}

void OnnxReader::readZeroPoints(const onnx::NodeProto& node, ImportedQuantizer& quantizer)
{
    const auto zero = constant(node, 2);
    const std::size_t count = quantizer.scales.size();
    if (zero->values.size() != 1 && zero->values.size() != count)
        throw OnnxInvalid{"it has " + std::to_string(zero->values.size()) + " zero points for " +
                          std::to_string(count) + " scales"};
    OnnxQuantization range;
    range.quantizer = quantizer;
    for (std::size_t i = 0; i < count; ++i) {
        const float value = zero->values[zero->values.size() == 1 ? 0 : i];
        if (!(value >= float(range.lowest()) && value <= float(range.highest())) ||
            value != std::floor(value))
            throw OnnxInvalid{"its zero point " + std::to_string(value) +
                              " is no whole number within its range"};
        quantizer.zero_points.push_back(std::int64_t(value));
    }
}

OnnxQuantization OnnxReader::qonnxQuantization(const onnx::NodeProto& node)
{
    static const std::set<std::string> roundings = {"ROUND", "CEIL",    "FLOOR",    "UP",
                                                    "DOWN",  "HALF_UP", "HALF_DOWN"};
    OnnxQuantization result;
    result.rounding = inCapitals(onnxText(node, "rounding_mode", "ROUND"));
    if (!roundings.contains(result.rounding))
        throw OnnxInvalid{"its rounding_mode " + onnxQuoted(result.rounding) + " is not known"};
    auto& q = result.quantizer;
    q.bits = qonnxBits(node);
    q.is_signed = requiredFlag(node, "signed");
    q.narrow = requiredFlag(node, "narrow");
    if (q.bits == 1 && (q.is_signed || q.narrow))
        throw OnnxInvalid{"its one bit is signed or narrow, which programs write wrongly; a "
                          "bipolar weight is no integer of one bit"};
    readScales(node, q);
    readZeroPoints(node, q);
    return result;
}

void OnnxReader::quant(const onnx::NodeProto& node)
{
    const auto held = isConstant(node, 0) ? constant(node, 0) : nullptr; // is read only once
    const auto quantization = qonnxQuantization(node);
    if (held)
        quantizeConstant(node, quantization);
    else
        quantizeActivation(node, quantization, false);
}

void OnnxReader::bipolarQuant(const onnx::NodeProto&)
{
    throw OnnxRefusal{"bipolar numbers (-1 and 1) have no kernel and no bits here"};
}

void OnnxReader::trunc(const onnx::NodeProto&)
{
    throw OnnxRefusal{"cutting off bits of an accumulator has no kernel here"};
}

} // namespace bitdial
