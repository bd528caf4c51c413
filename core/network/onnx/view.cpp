// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/view.h"

#include "core/network/onnx/node.h"

#include <algorithm>
#include <set>

namespace bitdial {
namespace {

constexpr std::size_t largest_rank = 8;

void checkRank(std::size_t rank)
{
    if (rank > largest_rank)
        throw OnnxRefusal{"its result has more than " + std::to_string(largest_rank) +
                          " dimensions"};
}

OnnxShapeValue sizeOf(const std::vector<int>& axes, const OnnxAxisSizes& sizes)
{
    OnnxShapeValue size{1, false};
    for (const int axis : axes) {
        size.value *= sizes[std::size_t(axis)];
        size.batch = size.batch || axis == batch_axis;
    }
    return size;
}

/// The sizes that a Reshape asks for, with its 0 and -1 resolved and the batch found. `size` is
/// all that the value holds.
class ReshapeTarget {
public:
    ReshapeTarget(std::vector<OnnxShapeValue> shape, OnnxShapeValue size, OnnxBatch batch)
        : m_shape(std::move(shape)), m_size(size), m_batch(batch)
    {
    }

    std::vector<OnnxShapeValue> resolved()
    {
        if (m_size.batch && !hasBatch())
            findBatch();
        const auto open = std::ranges::find(m_shape, -1, &OnnxShapeValue::value);
        if (open != m_shape.end()) {
            const std::int64_t others = product();
            if (others < 1 || m_size.value % others != 0)
                throw OnnxRefusal{"its sizes do not divide its input's"};
            *open = {m_size.value / others, m_size.batch && !hasBatch()};
            if (std::ranges::find(m_shape, -1, &OnnxShapeValue::value) != m_shape.end())
                throw OnnxRefusal{"its shape has more than one -1"};
        }
        if (product() != m_size.value || hasBatch() != m_size.batch)
            throw OnnxRefusal{"its sizes do not hold as many numbers as its input"};
        return m_shape;
    }

private:
    bool hasBatch() const { return std::ranges::any_of(m_shape, &OnnxShapeValue::batch); }
    bool isOpen() const
    {
        return std::ranges::find(m_shape, -1, &OnnxShapeValue::value) != m_shape.end();
    }
    /// Of all known sizes, in numbers per sample.
    std::int64_t product() const
    {
        std::int64_t all = 1;
        for (const auto& size : m_shape) {
            if (size.value == -1)
                continue;
            if (size.value < 0 || (size.value > 0 && all > (std::int64_t(1) << 40) / size.value))
                throw OnnxRefusal{"its shape is out of range"};
            all *= size.value;
        }
        return all;
    }
    /// Which of plain numbers is the batch: the first where it is the file's fixed one (or 1, which
    /// exporters trace with) and the rest holds one sample; else the -1.
    void findBatch()
    {
        if (m_shape.empty())
            return;
        const std::int64_t first = m_shape[0].value;
        const std::int64_t batch = m_batch < 1 ? 1 : m_batch;
        if (first < 1 || first % batch != 0)
            return;
        auto with_batch = m_shape;
        with_batch[0] = {first / batch, true};
        std::swap(with_batch, m_shape);
        const std::int64_t all = product();
        const bool fits = isOpen() ? (all > 0 && m_size.value % all == 0) : all == m_size.value;
        // [1, -1] of a free batch means one row a sample; [4, -1] means the file's own batch.
        if (!fits)
            std::swap(with_batch, m_shape);
    }

    std::vector<OnnxShapeValue> m_shape;
    OnnxShapeValue m_size;
    OnnxBatch m_batch;
};

} // namespace

OnnxDims withoutUnitAxes(const OnnxDims& dims, const OnnxAxisSizes& sizes)
{
    OnnxDims result = dims;
    for (auto& axes : result)
        std::erase_if(
            axes, [&](int axis) { return axis != batch_axis && sizes[std::size_t(axis)] == 1; });
    return result;
}

OnnxDims withChannelsAt(OnnxDims dims, std::size_t dim)
{
    for (auto& axes : dims)
        std::erase(axes, int(channel_axis));
    dims[dim].insert(dims[dim].begin(), channel_axis);
    return dims;
}

std::vector<OnnxShapeValue> shapeOfView(const OnnxDims& dims, const OnnxAxisSizes& sizes)
{
    std::vector<OnnxShapeValue> shape;
    for (const auto& axes : dims)
        shape.push_back(sizeOf(axes, sizes));
    return shape;
}

std::string describeView(const OnnxDims& dims)
{
    static const std::vector<std::string> names = {"N", "C", "H", "W"};
    std::string text;
    for (const auto& axes : dims) {
        text += text.empty() ? "" : " x ";
        if (axes.empty())
            text += "1";
        for (const int axis : axes)
            text += axis < int(names.size()) ? names[std::size_t(axis)] : "?";
    }
    return text.empty() ? "a single number" : text;
}

OnnxDims transposedView(const OnnxDims& dims, std::vector<std::int64_t> permutation)
{
    if (permutation.empty())
        for (std::size_t i = dims.size(); i > 0; --i)
            permutation.push_back(std::int64_t(i - 1));
    std::set<int> used;
    OnnxDims result;
    for (const auto from : permutation) {
        const int axis = onnxAxis(from, dims.size());
        used.insert(axis);
        result.push_back(dims[std::size_t(axis)]);
        checkRank(result.size());
    }
    if (used.size() != dims.size() || result.size() != dims.size())
        throw OnnxRefusal{"its perm is no permutation of its input's dimensions"};
    return result;
}

OnnxDims flattenedView(const OnnxDims& dims, std::int64_t axis)
{
    const auto rank = std::int64_t(dims.size());
    if (axis < -rank || axis > rank)
        throw OnnxRefusal{"its axis is out of range"};
    const auto split = std::size_t(axis < 0 ? axis + rank : axis);
    OnnxDims result(2);
    for (std::size_t i = 0; i < dims.size(); ++i)
        result[i < split ? 0 : 1].insert(result[i < split ? 0 : 1].end(), dims[i].begin(),
                                         dims[i].end());
    return result;
}

OnnxDims squeezedView(const OnnxDims& dims, const OnnxAxisSizes& sizes,
                      const std::vector<std::int64_t>& axes, OnnxBatch batch)
{
    std::set<int> chosen;
    for (const auto axis : axes)
        chosen.insert(onnxAxis(axis, dims.size()));
    OnnxDims result;
    for (int i = 0; i < int(dims.size()); ++i) {
        const auto size = sizeOf(dims[std::size_t(i)], sizes);
        const bool one = size.value == 1 && (!size.batch || batch == 1);
        if (chosen.contains(i) && !one)
            throw OnnxRefusal{"dimension " + std::to_string(i) + " is not of size 1"};
        if (!(axes.empty() ? one : chosen.contains(i)))
            result.push_back(dims[std::size_t(i)]);
    }
    return result;
}

OnnxDims unsqueezedView(const OnnxDims& dims, const std::vector<std::int64_t>& axes)
{
    const std::size_t rank = dims.size() + axes.size();
    checkRank(rank);
    std::set<int> added;
    for (const auto axis : axes)
        if (!added.insert(onnxAxis(axis, rank)).second)
            throw OnnxRefusal{"its axes name a dimension twice"};
    OnnxDims result;
    std::size_t next = 0;
    for (int i = 0; i < int(rank); ++i)
        result.push_back(added.contains(i) ? std::vector<int>{} : dims[next++]);
    return result;
}

OnnxDims reshapedView(const OnnxDims& dims, const OnnxAxisSizes& sizes,
                      const std::vector<OnnxShapeValue>& shape, bool zero_is_a_size,
                      OnnxBatch batch)
{
    checkRank(shape.size());
    std::vector<int> axes;
    for (const auto& dim : withoutUnitAxes(dims, sizes))
        axes.insert(axes.end(), dim.begin(), dim.end());
    std::vector<OnnxShapeValue> target = shape;
    for (std::size_t i = 0; i < target.size(); ++i) {
        if (target[i].value != 0 || zero_is_a_size)
            continue;
        if (i >= dims.size())
            throw OnnxRefusal{"its shape copies a size that its input does not have"};
        target[i] = sizeOf(dims[i], sizes);
    }
    OnnxDims result;
    std::size_t next = 0;
    for (const auto& size : ReshapeTarget(target, sizeOf(axes, sizes), batch).resolved()) {
        OnnxShapeValue filled{1, false};
        std::vector<int> dim;
        while (filled != size && next < axes.size()) {
            dim.push_back(axes[next++]);
            filled = sizeOf(dim, sizes);
        }
        if (filled != size)
            throw OnnxRefusal{"it splits or mixes dimensions of its input, which is " +
                              describeView(dims)};
        result.push_back(std::move(dim));
    }
    if (next != axes.size())
        throw OnnxRefusal{"its sizes do not hold as many numbers as its input"};
    return result;
}

} // namespace bitdial
