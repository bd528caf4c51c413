// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/folding.h"

#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr std::int64_t most_elements = std::int64_t(1) << 29;

/// A float of 16 bits: its largest number is (2^digits - 1) * 2^highest, the one next to 0 is
/// 2^lowest.
struct ShortFloat {
    int digits;
    int lowest;
    int highest;
};
constexpr ShortFloat half_float = {11, -24, 5};
constexpr ShortFloat brain_float = {8, -133, 120};

/// The nearest number that the type has, or the even one of two.
double shortened(double value, const ShortFloat& type)
{
    int exponent = 0;
    std::frexp(value, &exponent);
    const int step = std::max(exponent - type.digits, type.lowest);
    return std::ldexp(std::nearbyint(std::ldexp(value, -step)), step);
}

/// A shape that does not depend on the batch is a constant as any other.
OnnxConstant constantOf(const OnnxShape& shape, OnnxConstants& constants)
{
    auto result = newOnnxConstant(
        shape.type, shape.is_scalar ? OnnxSizes{} : OnnxSizes{std::int64_t(shape.values.size())},
        constants);
    for (const auto& number : shape.values)
        appendInteger(result, number.value);
    return result;
}

void foldShape(const onnx::NodeProto& node, OnnxConstants& constants)
{
    auto shape = foldOnnxShape(node, constants);
    if (std::ranges::any_of(shape.values, &OnnxShapeValue::batch))
        constants.defineShape(node.output(0), std::move(shape));
    else
        constants.define(node.output(0), constantOf(shape, constants));
}

OnnxConstant foldTensor(const onnx::NodeProto& node, const OnnxInputs& inputs,
                        OnnxConstants& constants)
{
    if (isOnnxElementwise(node.op_type()))
        return computeOnnxElementwise(node, inputs, constants);
    if (isOnnxRearranging(node.op_type()))
        return rearrangeOnnx(node, inputs, constants);
    if (isOnnxReducing(node.op_type()))
        return reduceOnnx(node, inputs, constants);
    throw OnnxRefusal{"it computes a constant with an operator that is not computed beforehand"};
}

} // namespace

OnnxSizes onnxStrides(const OnnxSizes& sizes)
{
    if (std::ranges::find(sizes, 0) != sizes.end())
        return OnnxSizes(sizes.size(), 0); // nothing to step over; the others may be huge
    OnnxSizes strides(sizes.size(), 1);
    for (std::size_t i = strides.size(); i > 1; --i)
        strides[i - 2] = strides[i - 1] * sizes[i - 1];
    return strides;
}

OnnxSizes onnxBroadcastSizes(const OnnxSizes& a, const OnnxSizes& b)
{
    OnnxSizes longer = a.size() < b.size() ? b : a;
    const OnnxSizes& other = a.size() < b.size() ? a : b;
    for (std::size_t i = 0; i < other.size(); ++i) {
        auto& size = longer[longer.size() - other.size() + i];
        if (size != other[i] && size != 1 && other[i] != 1)
            throw OnnxRefusal{"it computes a constant from constants of different sizes"};
        size = size == 1 ? other[i] : size;
    }
    return longer;
}

OnnxWalk onnxBroadcastWalk(const OnnxSizes& from, const OnnxSizes& to)
{
    OnnxSizes steps(to.size(), 0);
    const auto strides = onnxStrides(from);
    for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i] != 1)
            steps[to.size() - from.size() + i] = strides[i];
    return {to, steps};
}

std::size_t onnxCount(const OnnxSizes& sizes)
{
    std::int64_t count = 1;
    for (const auto size : sizes) {
        if (size < 0 || size > most_elements || (size > 0 && count > most_elements / size))
            throw OnnxRefusal{"its result is beyond the limit of 2^29 elements"};
        count *= size;
    }
    return std::size_t(count);
}

OnnxConstant newOnnxConstant(int type, OnnxSizes sizes, OnnxConstants& constants)
{
    const auto count = onnxCount(sizes);
    constants.chargeWork(count);
    constants.charge(count * sizeof(float));
    OnnxConstant result;
    result.type = type;
    result.sizes = std::move(sizes);
    result.values.reserve(count);
    if (keepsOnnxIntegers(type, count))
        result.integers.reserve(count);
    return result;
}

std::int64_t onnxIntegerAt(const OnnxConstant& constant, std::size_t element)
{
    if (!constant.integers.empty())
        return constant.integers[element];
    constexpr float beyond = 9223372036854775808.0F; // 2^63, to which a float may round up
    return constant.values[element] >= beyond ? std::numeric_limits<std::int64_t>::max()
                                              : std::int64_t(constant.values[element]);
}

void appendFrom(OnnxConstant& to, const OnnxConstant& from, std::size_t element)
{
    to.values.push_back(from.values[element]);
    if (to.integers.capacity() > 0)
        to.integers.push_back(onnxIntegerAt(from, element));
}

void appendReal(OnnxConstant& to, double value)
{
    const bool is_short = to.type == onnx_float16 || to.type == onnx_bfloat16;
    if (!is_short || !std::isfinite(value)) {
        to.values.push_back(float(value));
        return;
    }
    const auto& type = to.type == onnx_float16 ? half_float : brain_float;
    const double nearest = shortened(value, type);
    if (std::abs(nearest) > std::ldexp(std::ldexp(1.0, type.digits) - 1, type.highest))
        throw OnnxRefusal{"it computes a number that is out of range for " + onnxTypeName(to.type)};
    to.values.push_back(float(nearest));
}

void appendInteger(OnnxConstant& to, std::int64_t value)
{
    if (value < onnxLowest(to.type) || value > onnxHighest(to.type))
        throw OnnxRefusal{"it computes a number that is out of range for " + onnxTypeName(to.type)};
    to.values.push_back(float(value));
    if (to.integers.capacity() > 0)
        to.integers.push_back(value);
}

bool isOnnxFolded(const std::string& op)
{
    return isOnnxElementwise(op) || isOnnxRearranging(op) || isOnnxReducing(op);
}

bool foldOnnxNode(const onnx::NodeProto& node, OnnxConstants& constants)
{
    for (const auto& input : node.input())
        if (constants.hasShape(input)) {
            foldShape(node, constants);
            return true;
        }
    bool quantized = false;
    {
        OnnxInputs inputs;
        for (const auto& input : node.input()) {
            inputs.push_back(input.empty() ? nullptr : constants.get(input));
            quantized = quantized || (inputs.back() && inputs.back()->quantizer >= 0);
        }
        auto result = foldTensor(node, inputs, constants);
        quantized = quantized && result.quantizer < 0;
        constants.define(node.output(0), std::move(result));
    }
    for (const auto& input : node.input())
        if (!input.empty())
            constants.drop(input);
    return !quantized;
}

} // namespace bitdial
