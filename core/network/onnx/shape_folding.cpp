// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/folding.h"
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>

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
        if (op == "Identity")
            return input(0);
        if (op == "Cast")
            return cast();
        if (op == "Squeeze" || op == "Unsqueeze")
            return reranked(op == "Squeeze");
        if (op == "Gather")
            return gathered();
        if (op == "Slice")
            return sliced();
        if (op == "Concat")
            return concatenated();
        if (op == "ReduceProd")
            return product();
        if (op == "Where")
            return chosen();
        if (isArithmetic(op))
            return arithmetic(op);
        throw OnnxRefusal{"it computes a shape with an operator that is not computed beforehand"};
    }

private:
    static bool isArithmetic(const std::string& op)
    {
        return op == "Add" || op == "Sub" || op == "Mul" || op == "Div" || op == "Equal";
    }

    OnnxShape input(int index)
    {
        if (!onnxHasInput(m_node, index))
            throw OnnxRefusal{"an input is missing"};
        return m_constants.shape(m_node.input(index));
    }

    /// Whole numbers stay what they are: a size that goes through a float comes back the same.
    OnnxShape cast()
    {
        OnnxShape shape = input(0);
        shape.type = int(onnxInteger(m_node, "to", 0));
        if (shape.type == onnx_bool || onnxTypeBits(shape.type) == 0)
            throw OnnxRefusal{"it converts a shape to " + onnxTypeName(shape.type)};
        return shape;
    }

    /// The product of all sizes.
    OnnxShape product()
    {
        const OnnxShape all = input(0);
        const auto axes = onnxAxes(m_node, m_constants);
        if (axes.size() > 1 || (axes.size() == 1 && onnxAxis(axes[0], 1) != 0))
            throw OnnxRefusal{"its axis is out of range"};
        OnnxShape result{{{1, false}}, onnxInteger(m_node, "keepdims", 1) == 0, all.type};
        for (const auto& size : all.values)
            result.values[0] = combined("Mul", result.values[0], size);
        return result;
    }

    OnnxShape chosen()
    {
        const OnnxShape which = input(0);
        const OnnxShape parts[] = {input(2), input(1)};
        OnnxShape result;
        result.type = parts[0].type;
        for (std::size_t i = 0; i < which.values.size(); ++i) {
            const auto& from = parts[which.values[i].value != 0 ? 1 : 0].values;
            if (from.size() != which.values.size() && from.size() != 1)
                throw OnnxRefusal{"its operands differ in size"};
            result.values.push_back(from[from.size() == 1 ? 0 : i]);
        }
        return result;
    }

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
        result.type = from.type;
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
            all.type = part.type;
            if (all.values.size() + part.values.size() > longest_shape)
                throw OnnxRefusal{"it computes a list that is too long for a shape"};
            all.values.insert(all.values.end(), part.values.begin(), part.values.end());
        }
        return all;
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
        // No multiple of the batch is 0 or -1, which is what shapes are compared with.
        if (op == "Equal" && (a.batch == b.batch || std::min(a.value, b.value) < 1))
            return {a == b ? 1 : 0, false};
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
        if (isOnnxFloat(a.type) != isOnnxFloat(b.type))
            throw OnnxRefusal{"its operands differ in type"};
        if (op == "Div" && isOnnxFloat(a.type))
            throw OnnxRefusal{"it divides a size that is no whole number"};
        OnnxShape result;
        result.type = op == "Equal" ? int(onnx_bool) : a.type;
        result.is_scalar = a.is_scalar && b.is_scalar;
        for (std::size_t i = 0; i < count; ++i)
            result.values.push_back(combined(op, a.values[a.values.size() == 1 ? 0 : i],
                                             b.values[b.values.size() == 1 ? 0 : i]));
        return result;
    }

    const onnx::NodeProto& m_node;
    OnnxConstants& m_constants;
};

} // namespace

OnnxShape foldOnnxShape(const onnx::NodeProto& node, OnnxConstants& constants)
{
    return ShapeFolding(node, constants).result();
}

} // namespace bitdial
