// SPDX-License-Identifier: Apache-2.0
// What the tests of DORY's and Deeploy's integer graphs share.
#pragma once

#include "export_fixture.h"
#include "integer_graph_runner.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace bitdial::test {

inline constexpr const char* v2 = "pulp-open-xpulpv2";
inline constexpr int cores = 8;

/// Input integers as a graph takes them, with channels of zeros behind the real ones.
inline GraphValue graphInput(const IntegerNetwork& network, const std::vector<float>& input,
                             int channels)
{
    const auto& shape = network.network->tensor(network.network->input()).shape;
    std::vector<std::int32_t> integers(input.size());
    quantizeInput(network, input, integers);
    GraphValue value{{channels, shape.height, shape.width}, {integers.begin(), integers.end()}};
    value.values.resize(std::size_t(channels * shape.height * shape.width), 0);
    return value;
}

inline GraphValue withZerosAround(const GraphValue& value, const Padding& padding)
{
    const auto height = value.sizes[1];
    const auto width = value.sizes[2];
    GraphValue result{{value.sizes[0], height + padding.top + padding.bottom,
                       width + padding.left + padding.right},
                      {}};
    for (std::int64_t c = 0; c < result.sizes[0]; ++c)
        for (std::int64_t y = 0; y < result.sizes[1]; ++y)
            for (std::int64_t x = 0; x < result.sizes[2]; ++x) {
                const auto from_y = y - padding.top;
                const auto from_x = x - padding.left;
                const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
                result.values.push_back(
                    inside ? value.values[std::size_t((c * height + from_y) * width + from_x)] : 0);
            }
    return result;
}

/// Whether a tensor's real channels are equal, and the others are 0.
inline void compare(const GraphValue& found, const std::vector<std::int32_t>& expected)
{
    QVERIFY(found.values.size() >= expected.size());
    for (std::size_t i = 0; i < found.values.size(); ++i)
        QCOMPARE(found.values[i], std::int64_t(i < expected.size() ? expected[i] : 0));
}

inline std::shared_ptr<const Network> residualNetwork()
{
    NetworkBuilder builder({3, 9, 7}, 5);
    const int stem = builder.conv(0, 12, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int wide = builder.depthwise(stem, 3, 1, {1, 1, 1, 1}, Activation::None);
    const int sum = builder.add(wide, stem, Activation::Relu);
    const int down = builder.conv(sum, 10, 3, 2, {1, 1, 1, 1}, Activation::Relu);
    const int pooled = builder.averagePool(down, 2, 1);
    const int hidden = builder.linear(pooled, 32, Activation::Relu);
    return builder.build(builder.linear(hidden, 5, Activation::None));
}

/// Wide enough for DORY: no 2-bit depthwise weights, none of the broken linear kernels.
inline BitAssignment doryBits(const Network& network, const std::string& widths)
{
    auto bits = assignmentOf(network, widths);
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).kind == LayerKind::DepthwiseConv && bits.weightBits(i) == 2)
            bits.setWeightBits(i, 4);
    return bits;
}

} // namespace bitdial::test
