// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_constants.h"
#include "core/network/onnx_node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace bitdial {
namespace {

constexpr std::int64_t largest_size = std::int64_t(1) << 40;
constexpr std::size_t longest_shape = 64;

/// Nodes that compute a shape from shapes.
class ShapeFolding {
public:
    ShapeFolding(const onnx::NodeProto& node, OnnxConstants& constants)
        : m_node(node), m_constants(constants)
    {
    }

    OnnxShape result()
    {
        const auto& op = m_node.op_type();
        if (op == "Identity" || op == "Cast")
            return input(0);
        if (op == "Squeeze" || op == "Unsqueeze")
            return reranked(op == "Squeeze");
        if (op == "Gather")
            return gathered();
        if (op == "Slice")
            return sliced();
        if (op == "Concat")
            return concatenated();
        if (op == "ConstantOfShape")
            return filled();
        return arithmetic(op);
    }

private:
    OnnxShape input(int index) { return m_constants.shape(m_node.input(index)); }

    OnnxShape reranked(bool to_scalar)
    {
        OnnxShape shape = input(0);
        if (to_scalar != (!shape.is_scalar && shape.values.size() == 1) && to_scalar)
            throw OnnxRefusal{"it squeezes a list of several sizes"};
        if (!to_scalar && !shape.is_scalar)
            throw OnnxRefusal{"it makes a table of sizes"};
        shape.is_scalar = to_scalar;
        return shape;
    }

    OnnxShape gathered()
    {
        const OnnxShape from = input(0);
        const OnnxShape indices = input(1);
        if (onnxInteger(m_node, "axis", 0) != 0 || from.is_scalar)
            throw OnnxRefusal{"its axis is out of range"};
        OnnxShape result;
        result.is_scalar = indices.is_scalar;
        for (const auto& index : indices.values) {
            if (index.batch)
                throw OnnxRefusal{"its index depends on the batch"};
            result.values.push_back(
                from.values[std::size_t(onnxAxis(index.value, from.values.size()))]);
        }
        return result;
    }

    std::int64_t sliceBound(int index, const std::string& attribute, std::int64_t fallback)
    {
        std::vector<std::int64_t> numbers = index > 0 && onnxHasInput(m_node, index)
                                                ? m_constants.integers(m_node.input(index))
                                                : onnxIntegers(m_node, attribute, {});
        if (numbers.size() > 1)
            throw OnnxRefusal{"it slices along several axes"};
        return numbers.empty() ? fallback : numbers[0];
    }

    OnnxShape sliced()
    {
        OnnxShape shape = input(0);
        const auto size = std::int64_t(shape.values.size());
        if (sliceBound(4, "steps", 1) != 1 || sliceBound(3, "axes", 0) != 0)
            throw OnnxRefusal{"its axis or step is not supported"};
        const auto clamped = [size](std::int64_t at) {
            at = std::clamp(at, -size - 1, size + 1);
            return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
        };
        const auto start = clamped(sliceBound(1, "starts", 0));
        const auto end = clamped(sliceBound(2, "ends", std::numeric_limits<std::int64_t>::max()));
        if (start >= end)
            shape.values.clear();
        else
            shape.values = {shape.values.begin() + start, shape.values.begin() + end};
        return shape;
    }

    OnnxShape concatenated()
    {
        OnnxShape all;
        for (int i = 0; i < m_node.input_size(); ++i) {
            const auto part = input(i);
            if (all.values.size() + part.values.size() > longest_shape)
                throw OnnxRefusal{"it computes a list that is too long for a shape"};
            all.values.insert(all.values.end(), part.values.begin(), part.values.end());
        }
        return all;
    }

    OnnxShape filled()
    {
        const auto sizes = m_constants.integers(m_node.input(0));
        if (sizes.size() > 1 || (sizes.size() == 1 && (sizes[0] < 0 || sizes[0] > 64)))
            throw OnnxRefusal{"it makes a tensor that is no list of sizes"};
        std::int64_t fill = 0;
        if (const auto* value = onnxAttribute(m_node, "value")) {
            const auto constant = readOnnxTensor(value->t(), nullptr);
            if (constant.integers.size() != 1)
                throw OnnxRefusal{"it does not fill with one whole number"};
            fill = constant.integers[0];
        }
        OnnxShape result;
        result.is_scalar = sizes.empty();
        result.values.assign(sizes.empty() ? 1 : std::size_t(sizes[0]), {fill, false});
        return result;
    }

    static OnnxShapeValue combined(const std::string& op, OnnxShapeValue a, OnnxShapeValue b)
    {
        if (std::max({a.value, b.value, -a.value, -b.value}) > largest_size ||
            a.value < -largest_size || b.value < -largest_size)
            throw OnnxRefusal{"it computes with numbers that are no sizes"};
        if (op == "Mul" && !(a.batch && b.batch) &&
            (a.value == 0 || std::abs(b.value) <= largest_size / std::abs(a.value)))
            return {a.value * b.value, a.batch || b.batch};
        if (op == "Div" && !b.batch && b.value != 0 && !(a.batch && a.value % b.value != 0))
            return {a.value / b.value, a.batch};
        if (op == "Add" && a.batch == b.batch)
            return {a.value + b.value, a.batch};
        if (op == "Sub" && a.batch == b.batch)
            return {a.value - b.value, a.batch && a.value != b.value};
        throw OnnxRefusal{"it computes a size that depends on the batch"};
    }

    OnnxShape arithmetic(const std::string& op)
    {
        OnnxShape a = input(0);
        OnnxShape b = input(1);
        const std::size_t count = std::max(a.values.size(), b.values.size());
        if ((a.values.size() != count && a.values.size() != 1) ||
            (b.values.size() != count && b.values.size() != 1))
            throw OnnxRefusal{"its operands differ in size"};
        OnnxShape result;
        result.is_scalar = a.is_scalar && b.is_scalar;
        for (std::size_t i = 0; i < count; ++i)
            result.values.push_back(combined(op, a.values[a.values.size() == 1 ? 0 : i],
                                             b.values[b.values.size() == 1 ? 0 : i]));
        return result;
    }

    const onnx::NodeProto& m_node;
    OnnxConstants& m_constants;
};

/// Element order of a permuted tensor.
OnnxConstant permuted(const OnnxConstant& from, const std::vector<std::int64_t>& permutation)
{
    OnnxDims dims;
    for (int i = 0; i < int(from.sizes.size()); ++i)
        dims.push_back({i});
    std::vector<std::size_t> strides(from.sizes.size(), 1);
    for (std::size_t i = strides.size(); i > 1; --i)
        strides[i - 2] = strides[i - 1] * std::size_t(from.sizes[i - 1]);
    OnnxConstant to;
    to.type = from.type;
    to.quantizer = from.quantizer;
    std::vector<std::size_t> steps;
    for (const auto& dim : transposedView(dims, permutation)) {
        to.sizes.push_back(from.sizes[std::size_t(dim[0])]);
        steps.push_back(strides[std::size_t(dim[0])]);
    }
    to.values.reserve(from.values.size());
    std::vector<std::int64_t> at(to.sizes.size(), 0);
    std::size_t source = 0;
    for (std::size_t n = 0; n < from.values.size(); ++n) {
        to.values.push_back(from.values[source]);
        for (std::size_t d = at.size(); d > 0; --d) {
            source += steps[d - 1];
            if (++at[d - 1] < to.sizes[d - 1])
                break;
            source -= steps[d - 1] * std::size_t(to.sizes[d - 1]);
            at[d - 1] = 0;
        }
    }
    return to;
}

/// Sizes of a constant after an operator that only regroups them.
std::vector<std::int64_t> regrouped(const onnx::NodeProto& node, const OnnxConstant& from,
                                    OnnxConstants& constants)
{
    OnnxDims dims;
    OnnxAxisSizes sizes = {1};
    for (int i = 0; i < int(from.sizes.size()); ++i) {
        dims.push_back({i + 1}); // axis 0 is the batch, which a constant has not
        sizes.push_back(from.sizes[std::size_t(i)]);
    }
    const auto& op = node.op_type();
    if (op == "Reshape") {
        std::vector<std::int64_t> result;
        auto shape = constants.integers(node.input(1));
        const auto count = std::int64_t(from.values.size());
        std::int64_t known = 1;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (shape[i] == 0 && i < from.sizes.size())
                shape[i] = from.sizes[i];
            if (shape[i] < -1 || shape[i] > largest_size || known > largest_size)
                throw OnnxRefusal{"its shape is out of range"};
            known *= shape[i] == -1 ? 1 : shape[i];
        }
        for (auto& size : shape)
            if (size == -1 && known > 0)
                size = count / known;
        if (std::accumulate(shape.begin(), shape.end(), std::int64_t(1),
                            [](auto a, auto b) { return a > largest_size ? a : a * b; }) != count)
            throw OnnxRefusal{"its sizes do not hold as many numbers as its input"};
        return shape;
    }
    if (op == "Flatten")
        dims = flattenedView(dims, onnxInteger(node, "axis", 1));
    else if (op == "Squeeze")
        dims = squeezedView(dims, sizes, onnxAxes(node, constants), 1);
    else
        dims = unsqueezedView(dims, onnxAxes(node, constants));
    std::vector<std::int64_t> result;
    for (const auto& size : shapeOfView(dims, sizes))
        result.push_back(size.value);
    return result;
}

/// Arithmetic of two constants of the same sizes, or of one and a single number.
OnnxConstant computed(const std::string& op, const OnnxConstant& a, const OnnxConstant& b)
{
    const bool a_single = a.values.size() == 1;
    const bool b_single = b.values.size() == 1;
    if (a.sizes != b.sizes && !a_single && !b_single)
        throw OnnxRefusal{"it computes a constant from constants of different sizes"};
    if (!isOnnxFloat(a.type) || !isOnnxFloat(b.type))
        throw OnnxRefusal{"it computes a constant that is no float"};
    OnnxConstant result = a_single && !b_single ? b : a;
    for (std::size_t i = 0; i < result.values.size(); ++i) {
        const float x = a.values[a_single ? 0 : i];
        const float y = b.values[b_single ? 0 : i];
        result.values[i] = op == "Add" ? x + y : op == "Sub" ? x - y : op == "Mul" ? x * y : x / y;
    }
    result.quantizer = -1;
    return result;
}

bool isArithmetic(const std::string& op)
{
    return op == "Add" || op == "Sub" || op == "Mul" || op == "Div";
}

bool foldsShapes(const std::string& op)
{
    static const std::vector<std::string> operators = {
        "Identity", "Cast", "Squeeze", "Unsqueeze", "Gather", "Slice",
        "Concat",   "Add",  "Sub",     "Mul",       "Div",    "ConstantOfShape"};
    return std::ranges::find(operators, op) != operators.end();
}

/// Whether the node computes with sizes, rather than with constants as any tensor.
bool readsShapes(const onnx::NodeProto& node, OnnxConstants& constants)
{
    const auto& op = node.op_type();
    const bool any = std::ranges::any_of(
        node.input(), [&](const std::string& input) { return constants.hasShape(input); });
    if (!any && (op == "Identity" || op == "Cast" || op == "Squeeze" || op == "Unsqueeze"))
        return false;
    return std::ranges::all_of(node.input(), [&](const std::string& input) {
        if (input.empty() || constants.hasShape(input))
            return true;
        const auto constant = constants.get(input);
        return isOnnxInteger(constant->type) && constant->sizes.size() <= 1 &&
               constant->values.size() <= longest_shape;
    });
}

OnnxConstant foldedTensor(const onnx::NodeProto& node, OnnxConstants& constants)
{
    const auto& op = node.op_type();
    const auto first = constants.get(node.input(0));
    const bool arithmetic = isArithmetic(op) && node.input_size() == 2;
    const auto second = arithmetic ? constants.get(node.input(1)) : first;
    constants.charge(std::max(first->values.size(), second->values.size()) * sizeof(float));
    if (op == "Identity" || op == "Dropout" ||
        (op == "Cast" && onnxInteger(node, "to", 0) == first->type))
        return *first;
    if (op == "Cast" && (onnxInteger(node, "to", 0) == onnx_float)) {
        OnnxConstant cast = *first;
        cast.type = onnx_float;
        cast.integers.clear();
        return cast;
    }
    if (op == "Transpose")
        return permuted(*first, onnxIntegers(node, "perm", {}));
    if (op == "Reshape" || op == "Flatten" || op == "Squeeze" || op == "Unsqueeze") {
        OnnxConstant result = *first;
        result.sizes = regrouped(node, *first, constants);
        return result;
    }
    if (arithmetic)
        return computed(op, *first, *second);
    throw OnnxRefusal{"it computes a constant with an operator that is not computed beforehand"};
}

} // namespace

void foldOnnxNode(const onnx::NodeProto& node, OnnxConstants& constants)
{
    const auto& op = node.op_type();
    const int needed = isArithmetic(op) || op == "Gather" || op == "Reshape" ? 2 : 1;
    for (int i = 0; i < needed; ++i)
        if (!onnxHasInput(node, i))
            throw OnnxRefusal{"an input is missing"};
    if (foldsShapes(op) && readsShapes(node, constants))
        return constants.defineShape(node.output(0), ShapeFolding(node, constants).result());
    for (const auto& input : node.input())
        if (!input.empty() && !constants.has(input))
            throw OnnxRefusal{"it computes a shape with an operator that is not computed "
                              "beforehand"};
    constants.define(node.output(0), foldedTensor(node, constants));
    for (const auto& input : node.input())
        if (!input.empty())
            constants.drop(input);
}

} // namespace bitdial
