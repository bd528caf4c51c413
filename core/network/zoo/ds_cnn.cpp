// SPDX-License-Identifier: Apache-2.0
#include "core/network/zoo/families.h"

namespace bitdial {

/// Banbury 2021 (arXiv 2106.07597), after Zhang 2017 (arXiv 1711.07128): 49 frames of 10 MFCCs, one
/// 10x4 convolution of stride 2, four depthwise-separable blocks. Names are those of MLPerf's
/// weights in safetensors form.
ZooNetwork zooDsCnn(ZooSpec& spec)
{
    constexpr float keras_epsilon = 1e-3F;
    constexpr TensorShape mfcc{1, 49, 10};
    ZooBuilder zoo(spec.text(), mfcc, PaddingRule::Same, keras_epsilon);
    const int width = spec.integer("width", 64, 1, 1024);
    const int classes = zooClasses(spec, 12);
    const int blocks = spec.integer("blocks", 4, 1, 16);
    int x = zoo.conv("conv1", zoo.input(), {width, 10, 2, false, Activation::Relu, 0, 4}, "conv1",
                     "bn1");
    for (int block = 1; block <= blocks; ++block) {
        const std::string prefix = "block" + std::to_string(block) + ".";
        x = zoo.conv(prefix + "dw", x, {width, 3, 1, true, Activation::Relu}, prefix + "dw",
                     prefix + "dw_bn");
        x = zoo.conv(prefix + "pw", x, {width, 1, 1, false, Activation::Relu}, prefix + "pw",
                     prefix + "pw_bn");
    }
    return zoo.classify(x, classes, "fc");
}

} // namespace bitdial
