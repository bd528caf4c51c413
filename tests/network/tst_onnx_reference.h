// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/network/tst_onnx_support.h"

namespace bitdial::test {

inline constexpr double close_enough = 1e-5;

/// A map in C, H, W order.
struct Map {
    int channels = 1;
    int height = 1;
    int width = 1;
    Numbers values;
    double at(int c, int y, int x) const
    {
        return values[std::size_t((c * height + y) * width + x)];
    }
    bool holds(int y, int x) const { return y >= 0 && x >= 0 && y < height && x < width; }
};

inline Map variedMap(int channels, int height, int width, int seed = 3)
{
    return {channels, height, width,
            asDoubles(variedNumbers(std::size_t(channels * height * width), seed))};
}

/// Of ONNX's Conv and pools: begin and end padding, as the operator's text defines them.
struct Window {
    int kernel_y = 3, kernel_x = 3;
    int stride_y = 1, stride_x = 1;
    int top = 0, left = 0, bottom = 0, right = 0;
    int dilation_y = 1, dilation_x = 1;
    bool ceil = false;
};

inline int outputs(int size, int before, int after, int kernel, int dilation, int stride, bool ceil)
{
    const double exact = double(size + before + after - dilation * (kernel - 1) - 1) / stride + 1;
    int count = int(ceil ? std::ceil(exact) : std::floor(exact));
    if (ceil && (count - 1) * stride >= size + before)
        --count;
    return count;
}

/// Calls use(o, y, x) for every output of the window and returns the size.
template <typename Use> Map windowed(const Map& in, const Window& w, int channels, const Use& use)
{
    Map out{channels,
            outputs(in.height, w.top, w.bottom, w.kernel_y, w.dilation_y, w.stride_y, w.ceil),
            outputs(in.width, w.left, w.right, w.kernel_x, w.dilation_x, w.stride_x, w.ceil),
            {}};
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < out.height; ++y)
            for (int x = 0; x < out.width; ++x)
                out.values.push_back(use(c, y * w.stride_y - w.top, x * w.stride_x - w.left));
    return out;
}

inline Map referenceConv(const Map& in, const std::vector<float>& weight, int channels, int group,
                         const Window& w)
{
    const int ins = in.channels / group;
    return windowed(in, w, channels, [&](int o, int y, int x) {
        double sum = 0;
        std::size_t next = std::size_t(o * ins * w.kernel_y * w.kernel_x);
        for (int i = 0; i < ins; ++i)
            for (int ky = 0; ky < w.kernel_y; ++ky)
                for (int kx = 0; kx < w.kernel_x; ++kx, ++next) {
                    const int iy = y + ky * w.dilation_y;
                    const int ix = x + kx * w.dilation_x;
                    if (in.holds(iy, ix))
                        sum +=
                            in.at(o / (channels / group) * ins + i, iy, ix) * double(weight[next]);
                }
        return sum;
    });
}

inline Map referencePool(const Map& in, const Window& w, bool most, bool counts_padding)
{
    return windowed(in, w, in.channels, [&](int c, int y, int x) {
        double sum = 0;
        double largest = -1e300;
        int real = 0;
        int padded = 0;
        for (int ky = 0; ky < w.kernel_y; ++ky)
            for (int kx = 0; kx < w.kernel_x; ++kx) {
                const int iy = y + ky * w.dilation_y;
                const int ix = x + kx * w.dilation_x;
                // Padding is what the file asks for; what ceil_mode reaches over is none.
                if (iy < in.height + w.bottom && ix < in.width + w.right)
                    ++padded;
                if (!in.holds(iy, ix))
                    continue;
                ++real;
                sum += in.at(c, iy, ix);
                largest = std::max(largest, in.at(c, iy, ix));
            }
        return most ? largest : sum / (counts_padding ? padded : real);
    });
}

inline void setWindow(onnx::NodeProto& node, const Window& w)
{
    OnnxFile::integers(node, "kernel_shape", {w.kernel_y, w.kernel_x});
    OnnxFile::integers(node, "strides", {w.stride_y, w.stride_x});
    OnnxFile::integers(node, "pads", {w.top, w.left, w.bottom, w.right});
    if (w.dilation_y != 1 || w.dilation_x != 1)
        OnnxFile::integers(node, "dilations", {w.dilation_y, w.dilation_x});
    if (w.ceil)
        OnnxFile::integer(node, "ceil_mode", 1);
}

inline Numbers toChannelsLast(const Map& map)
{
    Numbers result;
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            for (int c = 0; c < map.channels; ++c)
                result.push_back(map.at(c, y, x));
    return result;
}

inline Numbers matrixProduct(const Numbers& x, const std::vector<float>& weight, std::size_t out)
{
    Numbers result(out, 0.0);
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t o = 0; o < out; ++o)
            result[o] += x[i] * double(weight[i * out + o]);
    return result;
}

inline double evaluated(OnnxFile& file, const std::string& last, const Map& input,
                        const Numbers& expected)
{
    const auto network = file.import(last);
    for (const auto& layer : network->layers())
        if (layer.kind == LayerKind::Unsupported)
            return std::numeric_limits<double>::infinity();
    return difference(Interpreter(*network).run(input.values), expected);
}

} // namespace bitdial::test
