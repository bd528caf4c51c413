// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/bit_assignment.h"
#include "core/quantization/quantization_state.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// How one tensor of a network is quantized, as exchange formats say it. Zero points are no part:
/// the kernels have none.
struct TensorEncoding {
    std::string name; ///< the layer's for weights, else the activation's
    bool is_weight = false;
    int bits = 8; ///< 32: raw accumulators, without scale
    bool is_signed = false;
    std::vector<float> scales; ///< one for all or one per output channel; empty: not said
    bool operator==(const TensorEncoding&) const = default;
};

/// The encodings of all weights in the layers' order, then of all activations in the tensors'
/// order. The state must be one of this network.
std::vector<TensorEncoding> encodingsOf(const Network& network, const BitAssignment& assignment,
                                        const QuantizationState& state);

/// Integers of a layer's weights: clamp(floor(w / scale + 1/2)) in single precision, 0 where the
/// scale is 0, in the order of LayerParameters.
std::vector<std::int8_t> weightIntegers(std::span<const float> weights,
                                        std::span<const float> scales, int bits);

/// An assignment that was read, and what of the file has no meaning here.
struct ReadAssignment {
    BitAssignment bits;
    std::vector<std::string> remarks; ///< one line each
};

/// The widths of the encodings as an assignment. Every layer with weights and every activation that
/// has a choice of width must occur; the network's input and output may be left out, and a width
/// that the file gives to raw accumulators is left aside with a remark. Throws Error(BadInput) with
/// `where`: names that match nothing (with the nearest ones) and what is missing, in one list;
/// names given twice, widths other than 2, 4 and 8, tied tensors that differ, a scale count that is
/// neither 1 nor that of the channels.
ReadAssignment assignmentFrom(const Network& network, std::span<const TensorEncoding> encodings,
                              const std::string& where);

} // namespace bitdial
