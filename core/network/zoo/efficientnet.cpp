// SPDX-License-Identifier: Apache-2.0
#include "core/network/zoo/families.h"

namespace bitdial {
namespace {

constexpr float tensorflow_epsilon = 1e-3F;
constexpr float relu6 = 6.0F;

struct Stage {
    int kernel;
    int expansion;
    int channels;
    int blocks;
    int stride;
};

ConvSpec clipped(int channels, int kernel, int stride, bool depthwise)
{
    return {channels, kernel, stride, depthwise, Activation::Clip, relu6};
}

/// One inverted residual block named `name`; a first stage without expansion has two convolutions.
int addBlock(ZooBuilder& zoo, const std::string& name, int from, const Stage& stage, int stride)
{
    const int channels = zoo.shapeOf(from).channels;
    const int hidden = channels * stage.expansion;
    int x = from;
    int norm = 0;
    const auto next_norm = [&] { return name + "bn" + std::to_string(++norm); };
    const bool expands = stage.expansion != 1;
    if (expands)
        x = zoo.conv(name + "conv_pw", x, clipped(hidden, 1, 1, false), name + "conv_pw",
                     next_norm());
    x = zoo.conv(name + "conv_dw", x, clipped(hidden, stage.kernel, stride, true), name + "conv_dw",
                 next_norm());
    const std::string project = name + (expands ? "conv_pwl" : "conv_pw");
    x = zoo.conv(project, x, {stage.channels, 1, 1}, project, next_norm());
    return stride == 1 && channels == stage.channels
               ? zoo.add(name + "add", from, x, Activation::None)
               : x;
}

} // namespace

/// EfficientNet-Lite0 (tensorflow/tpu, 2020): EfficientNet-B0 (Tan 2019) without
/// squeeze-and-excitation, ReLU6 for Swish, stem and head of fixed width. Padding and epsilon are
/// TensorFlow's; names are those of the PyTorch port tf_efficientnet_lite0.
ZooNetwork zooEfficientnetLite0(ZooSpec& spec)
{
    static constexpr Stage Stages[] = {{3, 1, 16, 1, 1}, {3, 6, 24, 2, 2},  {5, 6, 40, 2, 2},
                                       {3, 6, 80, 3, 2}, {5, 6, 112, 3, 1}, {5, 6, 192, 4, 2},
                                       {3, 6, 320, 1, 1}};
    ZooBuilder zoo(spec.text(), zooInput(spec, 224), PaddingRule::Same, tensorflow_epsilon);
    const int classes = zooClasses(spec, 1000);
    int x = zoo.conv("conv_stem", zoo.input(), clipped(32, 3, 2, false), "conv_stem", "bn1");
    int index = 0;
    for (const auto& stage : Stages) {
        const std::string prefix = "blocks." + std::to_string(index++) + ".";
        for (int i = 0; i < stage.blocks; ++i)
            x = addBlock(zoo, prefix + std::to_string(i) + ".", x, stage,
                         i == 0 ? stage.stride : 1);
    }
    x = zoo.conv("conv_head", x, clipped(1280, 1, 1, false), "conv_head", "bn2");
    return zoo.classify(x, classes, "classifier");
}

} // namespace bitdial
