// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/folding.h"
#include "core/network/onnx/node.h"
#include "core/network/onnx/view.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace bitdial {
namespace {

constexpr std::int64_t largest_size = std::int64_t(1) << 30;
constexpr std::size_t largest_rank = 16;
constexpr double largest_exact = 9007199254740992.0; // 2^53

/// Chooses, orders and regroups numbers of one node's inputs.
class Rearranging {
public:
    Rearranging(const onnx::NodeProto& node, const OnnxInputs& inputs, OnnxConstants& constants)
        : m_node(node), m_inputs(inputs), m_constants(constants)
    {
    }

    OnnxConstant kept() { return copied(input(0).sizes); }
    OnnxConstant regrouped();
    OnnxConstant transposed();
    OnnxConstant expanded();
    OnnxConstant sliced();
    OnnxConstant gathered();
    OnnxConstant concatenated();
    OnnxConstant filled();
    OnnxConstant range();

private:
    const OnnxConstant& input(std::size_t index) const
    {
        if (index >= m_inputs.size() || !m_inputs[index])
            throw OnnxRefusal{"an input is missing"};
        return *m_inputs[index];
    }

    OnnxSizes integers(std::size_t index) const
    {
        const auto& from = input(index);
        if (!isOnnxInteger(from.type) || from.sizes.size() > 1 ||
            !keepsOnnxIntegers(from.type, from.values.size()))
            throw OnnxRefusal{"its input " + std::to_string(index) +
                              " is no list of whole numbers"};
        OnnxSizes numbers;
        for (std::size_t i = 0; i < from.values.size(); ++i)
            numbers.push_back(onnxIntegerAt(from, i));
        return numbers;
    }

    OnnxSizes integersOr(std::size_t index, const std::string& attribute) const
    {
        return index < m_inputs.size() && m_inputs[index] ? integers(index)
                                                          : onnxIntegers(m_node, attribute, {});
    }

    /// The first input's numbers in their order, with other sizes.
    OnnxConstant copied(OnnxSizes sizes)
    {
        m_constants.charge(input(0).values.size() * sizeof(float)); // it takes no time to speak of
        OnnxConstant to = input(0);
        to.sizes = std::move(sizes);
        return to;
    }

    OnnxConstant walked(const OnnxSizes& sizes, const OnnxSizes& steps, std::int64_t start)
    {
        const auto& from = input(0);
        auto to = newOnnxConstant(from.type, sizes, m_constants);
        const auto count = onnxCount(sizes);
        OnnxWalk walk(sizes, steps, start);
        for (std::size_t i = 0; i < count; ++i)
            appendFrom(to, from, walk.next());
        return to;
    }

    OnnxSizes reshapedSizes() const;
    int keptAxis(const OnnxConstant& from, const OnnxSizes& sizes) const;

    const onnx::NodeProto& m_node;
    const OnnxInputs& m_inputs;
    OnnxConstants& m_constants;
};

OnnxSizes Rearranging::reshapedSizes() const
{
    const auto& from = input(0);
    auto shape = integers(1);
    const bool zero_is_a_size = onnxInteger(m_node, "allowzero", 0) != 0;
    const auto count = std::int64_t(from.values.size());
    std::int64_t known = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 0 && !zero_is_a_size && i < from.sizes.size())
            shape[i] = from.sizes[i];
        if (shape[i] < -1 || shape[i] > largest_size || known > largest_size)
            throw OnnxRefusal{"its shape is out of range"};
        known *= shape[i] == -1 ? 1 : shape[i];
    }
    for (auto& size : shape)
        if (size == -1 && known > 0)
            size = count / known;
    if (std::int64_t(onnxCount(shape)) != count)
        throw OnnxRefusal{"its sizes do not hold as many numbers as its input"};
    return shape;
}

/// Where the dimension with a scale each is among other sizes of the same numbers; -1: nowhere.
int Rearranging::keptAxis(const OnnxConstant& from, const OnnxSizes& sizes) const
{
    if (from.values.empty())
        return -1;
    const auto axis = std::size_t(from.quantized_axis);
    const auto before = [](const OnnxSizes& all, std::size_t end) {
        std::int64_t product = 1;
        for (std::size_t i = 0; i < end; ++i)
            product *= all[i];
        return product;
    };
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (sizes[i] == from.sizes[axis] && before(sizes, i) == before(from.sizes, axis))
            return int(i);
    return -1;
}

OnnxConstant Rearranging::regrouped()
{
    const auto& from = input(0);
    const auto& op = m_node.op_type();
    OnnxSizes sizes;
    if (op == "Reshape") {
        sizes = reshapedSizes();
    } else {
        OnnxDims dims;
        OnnxAxisSizes axis_sizes = {1}; // axis 0 is the batch, which a constant has not
        for (int i = 0; i < int(from.sizes.size()); ++i) {
            dims.push_back({i + 1});
            axis_sizes.push_back(from.sizes[std::size_t(i)]);
        }
        if (op == "Flatten")
            dims = flattenedView(dims, onnxInteger(m_node, "axis", 1));
        else if (op == "Squeeze")
            dims = squeezedView(dims, axis_sizes, onnxAxes(m_node, m_constants), 1);
        else
            dims = unsqueezedView(dims, onnxAxes(m_node, m_constants));
        for (const auto& size : shapeOfView(dims, axis_sizes))
            sizes.push_back(size.value);
    }
    auto to = copied(sizes);
    if (to.quantizer >= 0 && to.quantized_axis >= 0) {
        to.quantized_axis = keptAxis(from, sizes);
        if (to.quantized_axis < 0)
            to.quantizer = -1;
    }
    return to;
}

OnnxConstant Rearranging::transposed()
{
    const auto& from = input(0);
    OnnxDims dims;
    for (int i = 0; i < int(from.sizes.size()); ++i)
        dims.push_back({i});
    const auto strides = onnxStrides(from.sizes);
    OnnxSizes sizes;
    OnnxSizes steps;
    int axis = -1;
    for (const auto& dim : transposedView(dims, onnxIntegers(m_node, "perm", {}))) {
        if (dim[0] == from.quantized_axis)
            axis = int(sizes.size());
        sizes.push_back(from.sizes[std::size_t(dim[0])]);
        steps.push_back(strides[std::size_t(dim[0])]);
    }
    auto to = walked(sizes, steps, 0);
    to.quantizer = from.quantizer;
    to.quantized_axis = axis;
    return to;
}

OnnxConstant Rearranging::expanded()
{
    const auto& from = input(0);
    const auto shape = integers(1);
    if (shape.size() > largest_rank)
        throw OnnxRefusal{"its result has too many dimensions"};
    const auto sizes = onnxBroadcastSizes(from.sizes, shape);
    const auto count = onnxCount(sizes);
    auto to = newOnnxConstant(from.type, sizes, m_constants);
    auto walk = onnxBroadcastWalk(from.sizes, sizes);
    for (std::size_t i = 0; i < count; ++i)
        appendFrom(to, from, walk.next());
    return to;
}

OnnxConstant Rearranging::sliced()
{
    const auto& from = input(0);
    const auto starts = integersOr(1, "starts");
    const auto ends = integersOr(2, "ends");
    auto axes = integersOr(3, "axes");
    auto by = integersOr(4, "steps");
    if (axes.empty())
        for (std::size_t i = 0; i < starts.size(); ++i)
            axes.push_back(std::int64_t(i));
    if (by.empty())
        by.assign(starts.size(), 1);
    if (ends.size() != starts.size() || axes.size() != starts.size() || by.size() != starts.size())
        throw OnnxRefusal{"its starts, ends, axes and steps do not agree"};
    OnnxSizes sizes = from.sizes;
    OnnxSizes steps = onnxStrides(from.sizes);
    std::int64_t begin = 0;
    std::set<std::size_t> seen;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto axis = std::size_t(onnxAxis(axes[i], from.sizes.size()));
        if (!seen.insert(axis).second)
            throw OnnxInvalid{"it slices one dimension twice"};
        const auto size = from.sizes[axis];
        const auto step = std::clamp(by[i], -largest_size, largest_size);
        if (step == 0)
            throw OnnxInvalid{"its step is 0"};
        // Backwards it may start at the last and end before the first.
        const auto clamped = [&](std::int64_t at) {
            at = std::clamp(at, -size - 1, size);
            at = at < 0 ? at + size : at;
            return step > 0 ? std::clamp<std::int64_t>(at, 0, size)
                            : std::clamp<std::int64_t>(at, -1, size - 1);
        };
        const auto start = clamped(starts[i]);
        const auto distance = clamped(ends[i]) - start;
        const auto last = step > 0 ? step - 1 : step + 1;
        begin += start * steps[axis];
        sizes[axis] = std::max<std::int64_t>(0, (distance + last) / step);
        steps[axis] *= step;
    }
    return walked(sizes, steps, begin);
}

OnnxConstant Rearranging::gathered()
{
    const auto& from = input(0);
    const auto& indices = input(1);
    if (!isOnnxInteger(indices.type))
        throw OnnxRefusal{"its indices are no whole numbers"};
    const auto axis = std::size_t(onnxAxis(onnxInteger(m_node, "axis", 0), from.sizes.size()));
    OnnxSizes sizes(from.sizes.begin(), from.sizes.begin() + std::ptrdiff_t(axis));
    const auto outer = onnxCount(sizes);
    sizes.insert(sizes.end(), indices.sizes.begin(), indices.sizes.end());
    const auto inner = std::size_t(onnxStrides(from.sizes)[axis]);
    sizes.insert(sizes.end(), from.sizes.begin() + std::ptrdiff_t(axis) + 1, from.sizes.end());
    if (sizes.size() > largest_rank)
        throw OnnxRefusal{"its result has too many dimensions"};
    auto to = newOnnxConstant(from.type, sizes, m_constants);
    const auto size = std::size_t(from.sizes[axis]);
    for (std::size_t o = 0; o < (to.sizes.empty() || onnxCount(to.sizes) > 0 ? outer : 0); ++o)
        for (std::size_t i = 0; i < indices.values.size(); ++i) {
            const auto index = onnxIntegerAt(indices, i);
            if (index < -std::int64_t(size) || index >= std::int64_t(size))
                throw OnnxInvalid{"its index " + std::to_string(index) +
                                  " is out of range for size " + std::to_string(size)};
            const auto row = o * size + std::size_t(index < 0 ? index + std::int64_t(size) : index);
            for (std::size_t e = 0; e < inner; ++e)
                appendFrom(to, from, row * inner + e);
        }
    return to;
}

OnnxConstant Rearranging::concatenated()
{
    const auto& first = input(0);
    const auto axis = std::size_t(onnxAxis(onnxInteger(m_node, "axis", 0), first.sizes.size()));
    OnnxSizes sizes = first.sizes;
    sizes[axis] = 0;
    for (std::size_t p = 0; p < m_inputs.size(); ++p) {
        auto others = input(p).sizes;
        if (others.size() != sizes.size() || input(p).type != first.type)
            throw OnnxRefusal{"it joins constants that differ in type or dimensions"};
        sizes[axis] += others[axis];
        others[axis] = sizes[axis];
        if (others != sizes || sizes[axis] > largest_size)
            throw OnnxRefusal{"it joins constants that differ in size"};
    }
    auto to = newOnnxConstant(first.type, sizes, m_constants);
    const auto outer = onnxCount(sizes) == 0
                           ? 0
                           : onnxCount({sizes.begin(), sizes.begin() + std::ptrdiff_t(axis)});
    for (std::size_t o = 0; o < outer; ++o)
        for (const auto& part : m_inputs) {
            const auto chunk = part->values.size() / outer;
            for (std::size_t e = 0; e < chunk; ++e)
                appendFrom(to, *part, o * chunk + e);
        }
    return to;
}

OnnxConstant Rearranging::filled()
{
    OnnxConstant fill;
    fill.values = {0};
    if (const auto* value = onnxAttribute(m_node, "value")) {
        if (onnxElements(value->t()) != 1)
            throw OnnxInvalid{"it does not fill with one number"};
        fill = readOnnxTensor(value->t(), nullptr);
    }
    const auto sizes = integers(0);
    if (sizes.size() > largest_rank)
        throw OnnxRefusal{"its result has too many dimensions"};
    auto to = newOnnxConstant(fill.type, sizes, m_constants);
    const auto count = onnxCount(sizes);
    for (std::size_t i = 0; i < count; ++i)
        appendFrom(to, fill, 0);
    return to;
}

OnnxConstant Rearranging::range()
{
    for (std::size_t i = 0; i < 3; ++i)
        if (input(i).values.size() != 1 || input(i).type != input(0).type)
            throw OnnxRefusal{"its bounds are not single numbers of one type"};
    const bool real = isOnnxFloat(input(0).type);
    const auto number = [&](std::size_t i) {
        return real ? double(input(i).values[0]) : double(onnxIntegerAt(input(i), 0));
    };
    for (std::size_t i = 0; i < 3; ++i)
        if (!real && std::abs(number(i)) > largest_exact)
            throw OnnxRefusal{"it computes a whole number beyond 2^53"};
    const double steps = std::ceil((number(1) - number(0)) / number(2));
    if (!(std::abs(steps) <= double(largest_size)))
        throw OnnxRefusal{"it counts without end"};
    const auto count = std::max<std::int64_t>(0, std::int64_t(steps));
    auto to = newOnnxConstant(input(0).type, {count}, m_constants);
    for (std::int64_t i = 0; i < count; ++i) {
        const double value = number(0) + double(i) * number(2);
        if (real)
            appendReal(to, value);
        else
            appendInteger(to, std::int64_t(value));
    }
    return to;
}

using Rearrange = OnnxConstant (Rearranging::*)();

const std::map<std::string, Rearrange>& rearrangements()
{
    static const std::map<std::string, Rearrange> table = {
        {"Identity", &Rearranging::kept},        {"Dropout", &Rearranging::kept},
        {"Reshape", &Rearranging::regrouped},    {"Flatten", &Rearranging::regrouped},
        {"Squeeze", &Rearranging::regrouped},    {"Unsqueeze", &Rearranging::regrouped},
        {"Transpose", &Rearranging::transposed}, {"Expand", &Rearranging::expanded},
        {"Slice", &Rearranging::sliced},         {"Gather", &Rearranging::gathered},
        {"Concat", &Rearranging::concatenated},  {"ConstantOfShape", &Rearranging::filled},
        {"Range", &Rearranging::range}};
    return table;
}

} // namespace

bool isOnnxRearranging(const std::string& op)
{
    return rearrangements().contains(op);
}

OnnxConstant rearrangeOnnx(const onnx::NodeProto& node, const OnnxInputs& inputs,
                           OnnxConstants& constants)
{
    Rearranging rearranging(node, inputs, constants);
    return (rearranging.*rearrangements().at(node.op_type()))();
}

} // namespace bitdial
