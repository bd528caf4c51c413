// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bitdial {

/// How a written graph quantizes one tensor: real = scale * q, q of `bits` bits.
struct GraphQuantizer {
    int bits = 0; ///< 2, 4 or 8; 0: the tensor stays float
    bool is_signed = true;
    std::vector<float> scales; ///< one for all, or one per output channel; positive and normal
};

/// The quantizers of a whole network.
struct GraphQuantizers {
    std::vector<GraphQuantizer> weights;         ///< per layer
    std::vector<std::vector<std::int8_t>> codes; ///< per layer: its weights as integers
    std::vector<GraphQuantizer> activations;     ///< per tensor
};

/// Opsets between which exportQdqOnnx writes.
inline constexpr int oldest_qdq_opset = 13;
inline constexpr int newest_qdq_opset = 25;

/// The first opset of ONNX whose QuantizeLinear has integers of that width: 13, 21 for 4 bits, 25
/// for 2 bits.
int qdqOpsetOf(int bits);
/// The first opset that can say all of the network's operators and quantizers.
int qdqOpset(const Network& network, const GraphQuantizers& quantizers);

/// ONNX with integer weights behind DequantizeLinear and QuantizeLinear, DequantizeLinear behind
/// each activation; batch norm and biases stay float. The network has numbers and no unsupported
/// layers, or Error(Infeasible), Error(BadInput); an opset below qdqOpset is Error(Infeasible).
std::vector<std::byte> exportQdqOnnx(const Network& network, const GraphQuantizers& quantizers,
                                     int opset);

/// ONNX (opset 13 or 14) with IntQuant nodes of QONNX: weights rounded already (ROUND),
/// activations half away from zero (HALF_UP). Throws as exportQdqOnnx.
std::vector<std::byte> exportQonnx(const Network& network, const GraphQuantizers& quantizers);

} // namespace bitdial
