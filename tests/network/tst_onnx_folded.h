// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/network/tst_onnx_reference.h"

#include <functional>

namespace bitdial::test {

using Floats = std::vector<float>;
/// Adds nodes that compute the constant "c" of sizes 2 x 3.
using Maker = std::function<void(OnnxFile&)>;

inline void integers32(OnnxFile& file, const std::string& name, const std::vector<int>& values)
{
    auto& tensor = file.initializer(name, {int(values.size())}, onnx::TensorProto::INT32);
    for (const int value : values)
        tensor.add_int32_data(value);
}

/// The matrix "c" as the weight of a linear layer of two inputs and three outputs.
inline Floats foldedWeights(const Maker& make, int opset = 13)
{
    OnnxFile file({1, 2}, opset);
    make(file);
    file.node("MatMul", {"x", "c"}, "y");
    const auto network = file.import("y");
    if (network->layerCount() != 1 || network->layer(0).kind != LayerKind::Linear)
        return {};
    const auto& transposed = network->parameters()->layers[0].weights; // outputs x inputs
    Floats weights(6);
    for (std::size_t o = 0; o < 3; ++o)
        for (std::size_t i = 0; i < 2; ++i)
            weights[i * 3 + o] = transposed[o * 2 + i];
    return weights;
}

} // namespace bitdial::test
