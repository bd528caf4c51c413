// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx_windows.h"

#include "core/network/onnx_tensors.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::int64_t LargestWindow = 4096;

void applyAutoPad(const onnx::NodeProto& node, LayerGeometry& g)
{
    const auto mode = onnxText(node, "auto_pad", "NOTSET");
    if (mode == "NOTSET")
        return;
    if (mode == "VALID") {
        g.padding = {};
        return;
    }
    if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
        throw OnnxRefusal{"auto_pad '" + mode + "' is not known"};
    const auto split = [&](int size, int kernel, int stride, int& before, int& after) {
        const int total = std::max(0, ((size + stride - 1) / stride - 1) * stride + kernel - size);
        before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
        after = total - before;
    };
    split(g.input.height, g.kernel_height, g.stride_y, g.padding.top, g.padding.bottom);
    split(g.input.width, g.kernel_width, g.stride_x, g.padding.left, g.padding.right);
}

} // namespace

TensorShape applyOnnxWindow(const onnx::NodeProto& node, LayerGeometry& g, int output_channels)
{
    const auto strides = onnxIntegers(node, "strides", {1, 1});
    const auto dilations = onnxIntegers(node, "dilations", {1, 1});
    const auto pads = onnxIntegers(node, "pads", {0, 0, 0, 0});
    if (strides.size() != 2 || pads.size() != 4 || dilations.size() != 2)
        throw OnnxRefusal{"only two-dimensional windows are supported"};
    const auto sane = [](std::int64_t v) { return v >= 0 && v < LargestWindow; };
    if (!std::ranges::all_of(strides, sane) || !std::ranges::all_of(pads, sane) || strides[0] < 1 ||
        strides[1] < 1)
        throw OnnxRefusal{"strides or pads are out of range"};
    if (dilations[0] != 1 || dilations[1] != 1)
        throw OnnxRefusal{"dilation is not supported by the target kernels"};
    if (onnxInteger(node, "ceil_mode", 0) != 0)
        throw OnnxRefusal{"ceil_mode is not supported"};
    g.stride_y = int(strides[0]);
    g.stride_x = int(strides[1]);
    g.padding = {int(pads[0]), int(pads[1]), int(pads[2]), int(pads[3])};
    applyAutoPad(node, g);
    const int height = g.input.height + g.padding.top + g.padding.bottom - g.kernel_height;
    const int width = g.input.width + g.padding.left + g.padding.right - g.kernel_width;
    if (height < 0 || width < 0)
        throw OnnxRefusal{"its window is larger than its input"};
    return {output_channels, height / g.stride_y + 1, width / g.stride_x + 1};
}

void applyOnnxKernelShape(const onnx::NodeProto& node, LayerGeometry& g)
{
    const auto kernel = onnxIntegers(node, "kernel_shape", {});
    const auto sane = [](std::int64_t v) { return v >= 1 && v <= LargestWindow; };
    if (kernel.size() != 2 || !std::ranges::all_of(kernel, sane))
        throw OnnxRefusal{"its kernel_shape is missing or out of range"};
    g.kernel_height = int(kernel[0]);
    g.kernel_width = int(kernel[1]);
}

} // namespace bitdial
