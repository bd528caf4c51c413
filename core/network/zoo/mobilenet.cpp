// SPDX-License-Identifier: Apache-2.0
#include "core/network/zoo/families.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr float torch_epsilon = 1e-5F;
constexpr float relu6 = 6.0F;

/// The multiple of 8 nearest to `channels`, at least 8 and at least 90 % of it (Sandler 2018).
int divisibleBy8(double channels)
{
    const int rounded = std::max(8, int(channels + 4) / 8 * 8);
    return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/// What MobileNetV1's two builds differ in.
struct V1Variant {
    int resolution;
    double width;
    int classes;
    Activation activation;
};

/// Howard 2017 (arXiv 1704.04861), table 1. `blocks` keeps the first so many of its 13
/// depthwise-separable blocks, for small maps. No PyTorch checkpoint of it is usual: weights carry
/// Bitdial's own names.
ZooNetwork mobilenetV1(ZooSpec& spec, const V1Variant& variant)
{
    struct Block {
        int channels;
        int stride;
    };
    static constexpr Block Blocks[] = {{64, 1},  {128, 2},  {128, 1}, {256, 2}, {256, 1},
                                       {512, 2}, {512, 1},  {512, 1}, {512, 1}, {512, 1},
                                       {512, 1}, {1024, 2}, {1024, 1}};
    ZooBuilder zoo(spec.text(), zooInput(spec, variant.resolution), PaddingRule::Same,
                   torch_epsilon);
    const double width = spec.number("width", variant.width, 0.05, 4.0);
    const int classes = zooClasses(spec, variant.classes);
    const int stem_stride = spec.integer("stem_stride", 2, 1, 4);
    const int count = spec.integer("blocks", 13, 1, 13);
    const auto scaled = [width](int channels) {
        return std::max(8, int(std::lround(channels * width / 8.0)) * 8);
    };
    const auto act = variant.activation;
    const float clip = act == Activation::Clip ? relu6 : 0;
    const auto conv = [&](const std::string& name, int from, ConvSpec conv_spec) {
        conv_spec.activation = act;
        conv_spec.clip_max = clip;
        return zoo.conv(name, from, conv_spec, name, name + ".bn");
    };
    int channels = scaled(32);
    int x = conv("stem", zoo.input(), {channels, 3, stem_stride});
    for (int i = 0; i < count; ++i) {
        const std::string prefix = "block" + std::to_string(i + 1) + ".";
        x = conv(prefix + "depthwise", x, {channels, 3, Blocks[i].stride, true});
        channels = scaled(Blocks[i].channels);
        x = conv(prefix + "pointwise", x, {channels, 1, 1});
    }
    return zoo.classify(x, classes, "fc");
}

} // namespace

ZooNetwork zooMobilenetV1(ZooSpec& spec)
{
    return mobilenetV1(spec, {224, 1.0, 1000, Activation::Clip});
}

/// Banbury 2021 (arXiv 2106.07597): width 0.25, 96 x 96, person or none; plain ReLU.
ZooNetwork zooMobilenetV1Vww(ZooSpec& spec)
{
    return mobilenetV1(spec, {96, 0.25, 2, Activation::Relu});
}

/// Sandler 2018 (arXiv 1801.04381), table 2; names and padding are torchvision's.
ZooNetwork zooMobilenetV2(ZooSpec& spec)
{
    struct Stage {
        int expansion;
        int channels;
        int blocks;
        int stride;
    };
    static constexpr Stage Stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                       {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    ZooBuilder zoo(spec.text(), zooInput(spec, 224), PaddingRule::Symmetric, torch_epsilon);
    const double width = spec.number("width", 1.0, 0.05, 4.0);
    const int classes = zooClasses(spec, 1000);
    const auto clip = [](int channels, int kernel, int stride, bool depthwise) {
        return ConvSpec{channels, kernel, stride, depthwise, Activation::Clip, relu6};
    };
    int channels = divisibleBy8(32 * width);
    int x =
        zoo.conv("stem", zoo.input(), clip(channels, 3, 2, false), "features.0.0", "features.0.1");
    int block = 0;
    for (const auto& stage : Stages)
        for (int i = 0; i < stage.blocks; ++i) {
            const std::string prefix = "block" + std::to_string(++block) + ".";
            const std::string names = "features." + std::to_string(block) + ".conv.";
            const int stride = i == 0 ? stage.stride : 1;
            const int out = divisibleBy8(stage.channels * width);
            const int hidden = channels * stage.expansion;
            int y = x;
            int part = 0; // torchvision counts the parts of a block, with or without expansion
            const auto wrapped = [&] { return names + std::to_string(part++) + "."; };
            if (stage.expansion != 1) {
                const auto name = wrapped();
                y = zoo.conv(prefix + "expand", y, clip(hidden, 1, 1, false), name + "0",
                             name + "1");
            }
            const auto name = wrapped();
            y = zoo.conv(prefix + "depthwise", y, clip(hidden, 3, stride, true), name + "0",
                         name + "1");
            y = zoo.conv(prefix + "project", y, {out, 1, 1}, names + std::to_string(part),
                         names + std::to_string(part + 1));
            const bool residual = stride == 1 && out == channels;
            x = residual ? zoo.add(prefix + "add", x, y, Activation::None) : y;
            channels = out;
        }
    x = zoo.conv("head", x, clip(divisibleBy8(1280 * std::max(1.0, width)), 1, 1, false),
                 "features.18.0", "features.18.1");
    return zoo.classify(x, classes, "classifier.1");
}

} // namespace bitdial
