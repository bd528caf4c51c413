// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bitdial {

/// Type of the numbers in a weights file, little-endian.
enum class WeightType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

/// Bytes of one number.
std::size_t weightTypeBytes(WeightType type);

/// Product of the sizes; empty where it overflows or a size is negative.
std::optional<std::uint64_t> elementCount(std::span<const std::int64_t> sizes);

/// Where a tensor's numbers lie in its storage, counted in numbers.
struct StridedView {
    std::uint64_t offset = 0;
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> strides; ///< one per size
};

/// Strides of numbers that lie row by row without gaps.
std::vector<std::int64_t> rowMajorStrides(std::span<const std::int64_t> sizes);

/// Whether every number of the view lies in a storage of `count` numbers. False for negative
/// strides and whatever overflows.
bool fitsStorage(const StridedView& view, std::uint64_t count);

/// The view's numbers as floats, row by row. The view must fit the storage. Integers and doubles
/// are rounded to the nearest float.
std::vector<float> gatherFloats(WeightType type, std::span<const std::byte> storage,
                                const StridedView& view);

} // namespace bitdial
