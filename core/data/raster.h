// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bitdial {

/// A picture, row by row, the channels of a pixel side by side.
template <typename Value> struct Raster {
    int width = 0;
    int height = 0;
    int channels = 0;
    std::vector<Value> values; ///< height x width x channels

    std::size_t at(int x, int y) const
    {
        return (std::size_t(y) * std::size_t(width) + std::size_t(x)) * std::size_t(channels);
    }
    bool operator==(const Raster&) const = default;
};

using ByteRaster = Raster<std::uint8_t>;
using FloatRaster = Raster<float>;

/// Bilinear interpolation to width x height; where that shrinks, a triangle as wide as the step
/// between target pixels averages the source (antialiasing). Bytes go through fixed-point weights
/// of 22 fraction bits and are rounded after each of the two passes, columns first: the arithmetic
/// of PIL's Image.resize(BILINEAR). Floats are summed in double.
template <typename Value>
Raster<Value> resized(const Raster<Value>& picture, int width, int height);

/// The width x height pixels whose top left corner is (left, top); they must lie inside.
template <typename Value>
Raster<Value> cropped(const Raster<Value>& picture, int left, int top, int width, int height);

extern template ByteRaster resized(const ByteRaster&, int, int);
extern template FloatRaster resized(const FloatRaster&, int, int);
extern template ByteRaster cropped(const ByteRaster&, int, int, int, int);
extern template FloatRaster cropped(const FloatRaster&, int, int, int, int);

} // namespace bitdial
