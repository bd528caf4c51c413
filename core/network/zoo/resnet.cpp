// SPDX-License-Identifier: Apache-2.0
#include "core/network/zoo/families.h"

namespace bitdial {
namespace {

constexpr float torch_epsilon = 1e-5F;
constexpr float keras_epsilon = 1e-3F;

/// The shortcut of option A (He 2016, section 4.2): every second pixel, and as many channels of
/// zeros before as behind. It is exactly a 1x1 convolution of stride 2 with a fixed 0/1 weight. No
/// layer kind without weights can widen a map, and the kernel library has no such copy either, so
/// this convolution is what a target runs and what its cost is. Its weights are 0 and 1, which
/// every signed width from 2 bits on holds exactly, so it may be dialled to 2 bits at no loss.
std::vector<float> optionAWeights(int in, int out)
{
    std::vector<float> weights(std::size_t(in) * std::size_t(out), 0.0F);
    const int before = (out - in) / 2;
    for (int c = 0; c < in; ++c)
        weights[std::size_t(before + c) * std::size_t(in) + std::size_t(c)] = 1.0F;
    return weights;
}

/// The two 3x3 convolutions of a basic block, before its add. `layers` and `checkpoint` begin the
/// names of its layers and tensors.
int basicBlock(ZooBuilder& zoo, const std::string& layers, const std::string& checkpoint, int from,
               int channels, int stride)
{
    const int y = zoo.conv(layers + "conv1", from, {channels, 3, stride, false, Activation::Relu},
                           checkpoint + "conv1", checkpoint + "bn1");
    return zoo.conv(layers + "conv2", y, {channels, 3, 1}, checkpoint + "conv2",
                    checkpoint + "bn2");
}

} // namespace

/// Banbury 2021 (arXiv 2106.07597): stem and three basic blocks at width, 2 width and 4 width
/// channels; blocks 2 and 3 halve the map and have a 1x1 convolution, without batch norm, as
/// shortcut. Checkpoint names are those of MLPerf's weights in safetensors form (conv1, stack1...).
ZooNetwork zooResnet8(ZooSpec& spec)
{
    ZooBuilder zoo(spec.text(), zooInput(spec, 32), PaddingRule::Same, keras_epsilon);
    const int width = spec.integer("width", 16, 1, 512);
    const int classes = zooClasses(spec, 10);
    const int stem_stride = spec.integer("stem_stride", 1, 1, 4);
    int x = zoo.conv("stem", zoo.input(), {width, 3, stem_stride, false, Activation::Relu}, "conv1",
                     "bn1");
    for (int block = 1; block <= 3; ++block) {
        const std::string prefix = "block" + std::to_string(block) + ".";
        const std::string stack = "stack" + std::to_string(block) + ".";
        const int channels = width << (block - 1);
        const int stride = block == 1 ? 1 : 2;
        const int y = basicBlock(zoo, prefix, stack, x, channels, stride);
        const int shortcut = block == 1 ? x
                                        : zoo.conv(prefix + "shortcut", x, {channels, 1, stride},
                                                   stack + "shortcut", {});
        x = zoo.add(prefix + "add", y, shortcut, Activation::Relu);
    }
    return zoo.classify(x, classes, "fc");
}

/// He 2016 (arXiv 1512.03385), table 1; names and padding are torchvision's.
ZooNetwork zooResnet18(ZooSpec& spec)
{
    ZooBuilder zoo(spec.text(), zooInput(spec, 224), PaddingRule::Symmetric, torch_epsilon);
    const int width = spec.integer("width", 64, 1, 512);
    const int classes = zooClasses(spec, 1000);
    int x = zoo.conv("conv1", zoo.input(), {width, 7, 2, false, Activation::Relu}, "conv1", "bn1");
    x = zoo.maxPool("maxpool", x, 3, 2);
    for (int stage = 1; stage <= 4; ++stage)
        for (int block = 0; block < 2; ++block) {
            const std::string prefix =
                "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
            const int channels = width << (stage - 1);
            const int stride = stage > 1 && block == 0 ? 2 : 1;
            const int y = basicBlock(zoo, prefix, prefix, x, channels, stride);
            if (stride == 2)
                x = zoo.conv(prefix + "downsample", x, {channels, 1, stride},
                             prefix + "downsample.0", prefix + "downsample.1");
            x = zoo.add(prefix + "add", y, x, Activation::Relu);
        }
    return zoo.classify(x, classes, "fc");
}

/// He 2016, section 4.2. Names are those of akamaster/pytorch_resnet_cifar10.
ZooNetwork zooResnetCifar(ZooSpec& spec, int blocks)
{
    ZooBuilder zoo(spec.text(), zooInput(spec, 32), PaddingRule::Symmetric, torch_epsilon);
    const int width = spec.integer("width", 16, 2, 512);
    if (width % 2 != 0)
        spec.fail("width must be even: half of the new channels of a shortcut are zeros before the "
                  "old ones, half behind");
    const int classes = zooClasses(spec, 10);
    int x = zoo.conv("conv1", zoo.input(), {width, 3, 1, false, Activation::Relu}, "conv1", "bn1");
    for (int stage = 1; stage <= 3; ++stage)
        for (int block = 0; block < blocks; ++block) {
            const std::string prefix =
                "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
            const int channels = width << (stage - 1);
            const int stride = stage > 1 && block == 0 ? 2 : 1;
            const int y = basicBlock(zoo, prefix, prefix, x, channels, stride);
            if (stride == 2)
                x = zoo.fixedConv(prefix + "shortcut", x, {channels, 1, stride},
                                  optionAWeights(channels / 2, channels));
            x = zoo.add(prefix + "add", y, x, Activation::Relu);
        }
    return zoo.classify(x, classes, "linear");
}

} // namespace bitdial
