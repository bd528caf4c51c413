// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/weight_elements.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace bitdial {
namespace {

static_assert(std::endian::native == std::endian::little, "weights files are little-endian");

/// IEEE 754 binary16.
struct Half {
    std::uint16_t bits;
};
/// The upper half of a float.
struct BrainFloat {
    std::uint16_t bits;
};

float asFloat(Half value)
{
    const std::uint32_t sign = std::uint32_t(value.bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (value.bits >> 10U) & 0x1FU;
    const std::uint32_t fraction = value.bits & 0x3FFU;
    if (exponent == 0) { // zero and subnormal: fraction * 2^-24
        const float magnitude = std::ldexp(float(fraction), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide = exponent == 0x1F ? 0xFFU : exponent + 127 - 15;
    return std::bit_cast<float>(sign | wide << 23U | fraction << 13U);
}

float asFloat(BrainFloat value)
{
    return std::bit_cast<float>(std::uint32_t(value.bits) << 16U);
}

template <typename T> float asFloat(T value)
{
    return float(value);
}

/// Copies the view, the last axis in the inner loop.
template <typename T>
void gather(std::span<const std::byte> storage, const StridedView& view, std::vector<float>& out)
{
    const auto rank = view.sizes.size();
    const std::int64_t row = rank == 0 ? 1 : view.sizes[rank - 1];
    const std::int64_t step = rank == 0 ? 1 : view.strides[rank - 1];
    std::vector<std::int64_t> index(rank, 0);
    auto at = std::int64_t(view.offset);
    for (std::size_t done = 0; done < out.size(); done += std::size_t(row)) {
        for (std::int64_t i = 0; i < row; ++i) {
            T value;
            std::memcpy(&value, storage.data() + std::size_t(at + i * step) * sizeof(T), sizeof(T));
            out[done + std::size_t(i)] = asFloat(value);
        }
        for (std::size_t axis = rank; axis-- > 1;) {
            at += view.strides[axis - 1];
            if (++index[axis - 1] < view.sizes[axis - 1])
                break;
            at -= view.strides[axis - 1] * view.sizes[axis - 1];
            index[axis - 1] = 0;
        }
    }
}

} // namespace

std::size_t weightTypeBytes(WeightType type)
{
    switch (type) {
    case WeightType::F64:
    case WeightType::I64:
        return 8;
    case WeightType::F32:
    case WeightType::I32:
        return 4;
    case WeightType::F16:
    case WeightType::BF16:
    case WeightType::I16:
        return 2;
    case WeightType::I8:
    case WeightType::U8:
    case WeightType::Bool:
        return 1;
    }
    return 1;
}

std::optional<std::uint64_t> elementCount(std::span<const std::int64_t> sizes)
{
    std::uint64_t count = 1;
    bool empty = false;
    for (const auto size : sizes) {
        if (size < 0)
            return std::nullopt;
        if (size == 0) {
            empty = true;
            continue;
        }
        if (count > std::uint64_t(std::numeric_limits<std::int64_t>::max()) / std::uint64_t(size))
            return std::nullopt;
        count *= std::uint64_t(size);
    }
    return empty ? 0 : count;
}

std::vector<std::int64_t> rowMajorStrides(std::span<const std::int64_t> sizes)
{
    std::vector<std::int64_t> strides(sizes.size(), 1);
    for (std::size_t axis = sizes.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * sizes[axis];
    return strides;
}

bool fitsStorage(const StridedView& view, std::uint64_t count)
{
    const auto elements = elementCount(view.sizes);
    if (!elements || view.strides.size() != view.sizes.size() || view.offset > count)
        return false;
    if (*elements == 0)
        return true;
    if (view.offset == count)
        return false;
    std::uint64_t room = count - 1 - view.offset; // distance from the first number to the last
    for (std::size_t axis = 0; axis < view.sizes.size(); ++axis) {
        const auto steps = std::uint64_t(view.sizes[axis] - 1);
        if (view.strides[axis] < 0)
            return false;
        const auto stride = std::uint64_t(view.strides[axis]);
        if (steps != 0 && stride > room / steps)
            return false;
        room -= steps * stride;
    }
    return true;
}

std::vector<float> gatherFloats(WeightType type, std::span<const std::byte> storage,
                                const StridedView& view)
{
    std::vector<float> out(std::size_t(elementCount(view.sizes).value_or(0)));
    switch (type) {
    case WeightType::F64:
        gather<double>(storage, view, out);
        break;
    case WeightType::F32:
        gather<float>(storage, view, out);
        break;
    case WeightType::F16:
        gather<Half>(storage, view, out);
        break;
    case WeightType::BF16:
        gather<BrainFloat>(storage, view, out);
        break;
    case WeightType::I64:
        gather<std::int64_t>(storage, view, out);
        break;
    case WeightType::I32:
        gather<std::int32_t>(storage, view, out);
        break;
    case WeightType::I16:
        gather<std::int16_t>(storage, view, out);
        break;
    case WeightType::I8:
        gather<std::int8_t>(storage, view, out);
        break;
    case WeightType::U8:
    case WeightType::Bool:
        gather<std::uint8_t>(storage, view, out);
        break;
    }
    return out;
}

} // namespace bitdial
