// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// Axes of a network's tensors. The batch is no size of a network; of a view it is an axis.
enum OnnxAxis : int { batch_axis = 0, channel_axis = 1, height_axis = 2, width_axis = 3 };

/// How an ONNX value shows a tensor: for each of the value's dimensions the tensor's axes that it
/// runs over, the slowest first. N x C x H x W is {{0}, {1}, {2}, {3}}; flattened {{0}, {1, 2, 3}};
/// channels last {{0}, {2}, {3}, {1}}. A dimension of size 1 may have no axis at all.
using OnnxDims = std::vector<std::vector<int>>;

/// Size of each axis by its number; that of the batch is 1 and means "times the batch".
using OnnxAxisSizes = std::vector<std::int64_t>;

/// A number of a shape: a constant, or (`batch`) a multiple of the batch, which is not known.
struct OnnxShapeValue {
    std::int64_t value = 0;
    bool batch = false;
    bool operator==(const OnnxShapeValue&) const = default;
};

/// What the file says of the batch: a fixed number, or -1 where it is free.
using OnnxBatch = std::int64_t;

/// The view without axes of size 1, so that two views that show the same compare equal.
OnnxDims withoutUnitAxes(const OnnxDims& dims, const OnnxAxisSizes& sizes);

/// The view with the channels as the slowest axis of one dimension, and of no other.
OnnxDims withChannelsAt(OnnxDims dims, std::size_t dim);

/// The value's shape.
std::vector<OnnxShapeValue> shapeOfView(const OnnxDims& dims, const OnnxAxisSizes& sizes);

/// The view's shape and order in words, "N x H x W x C".
std::string describeView(const OnnxDims& dims);

/// What the operator of that name makes of a view. All throw OnnxRefusal for arguments out of range
/// and for what would split an axis or mix the batch with another.
OnnxDims transposedView(const OnnxDims& dims, std::vector<std::int64_t> permutation);
OnnxDims flattenedView(const OnnxDims& dims, std::int64_t axis);
/// `axes` empty: all dimensions of size 1.
OnnxDims squeezedView(const OnnxDims& dims, const OnnxAxisSizes& sizes,
                      const std::vector<std::int64_t>& axes, OnnxBatch batch);
OnnxDims unsqueezedView(const OnnxDims& dims, const std::vector<std::int64_t>& axes);
OnnxDims reshapedView(const OnnxDims& dims, const OnnxAxisSizes& sizes,
                      const std::vector<OnnxShapeValue>& shape, bool zero_is_a_size,
                      OnnxBatch batch);

} // namespace bitdial
