// SPDX-License-Identifier: Apache-2.0
#include "core/data/raster.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace bitdial {
namespace {

constexpr int FractionBits = 22;

/// Which source pixels a target pixel is made of, along one axis.
template <typename Weight> struct Taps {
    std::vector<int> first;      ///< per target pixel
    std::vector<int> count;      ///< per target pixel
    std::size_t stride = 0;      ///< weights per target pixel
    std::vector<Weight> weights; ///< target x stride, the first `count` used
};

template <typename Value>
using WeightOf = std::conditional_t<std::is_same_v<Value, std::uint8_t>, std::int32_t, double>;

template <typename Weight> Taps<Weight> makeTaps(int source, int target)
{
    const double step = double(source) / target;
    const double support = std::max(step, 1.0);
    Taps<Weight> taps;
    taps.stride = std::size_t(std::ceil(support)) * 2 + 1;
    taps.weights.resize(std::size_t(target) * taps.stride);
    std::vector<double> row(taps.stride);
    for (int i = 0; i < target; ++i) {
        const double center = (i + 0.5) * step;
        const int first = std::max(int(std::floor(center - support + 0.5)), 0);
        const int last = std::min(int(std::floor(center + support + 0.5)), source);
        double sum = 0;
        for (int j = first; j < last; ++j) {
            const double distance = std::abs((j + 0.5 - center) / support);
            row[std::size_t(j - first)] = std::max(0.0, 1 - distance);
            sum += row[std::size_t(j - first)];
        }
        taps.first.push_back(first);
        taps.count.push_back(last - first);
        for (int j = 0; j < last - first; ++j) {
            const double weight = row[std::size_t(j)] / sum;
            auto& stored = taps.weights[std::size_t(i) * taps.stride + std::size_t(j)];
            if constexpr (std::is_integral_v<Weight>)
                stored = Weight(std::floor(weight * (1 << FractionBits) + 0.5));
            else
                stored = weight;
        }
    }
    return taps;
}

/// One target value from `count` source values that lie `stride` apart.
std::uint8_t weighted(const std::uint8_t* from, std::size_t stride, const std::int32_t* weights,
                      int count)
{
    std::int32_t sum = 1 << (FractionBits - 1);
    for (int i = 0; i < count; ++i)
        sum += from[std::size_t(i) * stride] * weights[i];
    return std::uint8_t(std::clamp(sum >> FractionBits, 0, 255));
}

float weighted(const float* from, std::size_t stride, const double* weights, int count)
{
    double sum = 0;
    for (int i = 0; i < count; ++i)
        sum += double(from[std::size_t(i) * stride]) * weights[i];
    return float(sum);
}

template <typename Value> Raster<Value> resizedColumns(const Raster<Value>& from, int width)
{
    const auto taps = makeTaps<WeightOf<Value>>(from.width, width);
    Raster<Value> to{width, from.height, from.channels, {}};
    to.values.resize(to.at(0, to.height));
    const auto channels = std::size_t(from.channels);
    for (int y = 0; y < to.height; ++y) {
        for (int x = 0; x < width; ++x) {
            const auto* weights = taps.weights.data() + std::size_t(x) * taps.stride;
            const auto* source = from.values.data() + from.at(taps.first[std::size_t(x)], y);
            for (std::size_t c = 0; c < channels; ++c)
                to.values[to.at(x, y) + c] =
                    weighted(source + c, channels, weights, taps.count[std::size_t(x)]);
        }
    }
    return to;
}

template <typename Value> Raster<Value> resizedRows(const Raster<Value>& from, int height)
{
    const auto taps = makeTaps<WeightOf<Value>>(from.height, height);
    Raster<Value> to{from.width, height, from.channels, {}};
    to.values.resize(to.at(0, height));
    const auto row = from.at(0, 1);
    for (int y = 0; y < height; ++y) {
        const auto* weights = taps.weights.data() + std::size_t(y) * taps.stride;
        const auto* source = from.values.data() + from.at(0, taps.first[std::size_t(y)]);
        for (std::size_t i = 0; i < row; ++i)
            to.values[to.at(0, y) + i] =
                weighted(source + i, row, weights, taps.count[std::size_t(y)]);
    }
    return to;
}

} // namespace

template <typename Value> Raster<Value> resized(const Raster<Value>& picture, int width, int height)
{
    // Without the first pass where it changes nothing: a pass of weights 1 would only copy.
    if (width == picture.width)
        return height == picture.height ? picture : resizedRows(picture, height);
    const auto columns = resizedColumns(picture, width);
    return height == picture.height ? columns : resizedRows(columns, height);
}

template <typename Value>
Raster<Value> cropped(const Raster<Value>& picture, int left, int top, int width, int height)
{
    Raster<Value> to{width, height, picture.channels, {}};
    to.values.resize(to.at(0, height));
    for (int y = 0; y < height; ++y)
        std::copy_n(picture.values.data() + picture.at(left, top + y), to.at(0, 1),
                    to.values.data() + to.at(0, y));
    return to;
}

template ByteRaster resized(const ByteRaster&, int, int);
template FloatRaster resized(const FloatRaster&, int, int);
template ByteRaster cropped(const ByteRaster&, int, int, int, int);
template FloatRaster cropped(const FloatRaster&, int, int, int, int);

} // namespace bitdial
