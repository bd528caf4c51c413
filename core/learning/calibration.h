// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/quantization/quantization_state.h"

#include <array>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace bitdial {

/// Steps for every width of every tensor, measured once on calibration samples; a state for any
/// assignment then follows without running the network again.
class Calibration {
public:
    /// Runs the float network on the samples (at most 512 of them) and keeps a sample of each
    /// activation tensor's values. Labels do not matter. Throws as evaluateFloat otherwise, and
    /// Error(BadInput) naming the tensor when a value is not finite.
    Calibration(std::shared_ptr<const Network> network, const ImageSubset& calibration,
                std::stop_token stop = {});

    Calibration(const Calibration&) = delete;
    Calibration& operator=(const Calibration&) = delete;

    /// Steps with the least mean squared error for these widths; the network's own numbers. Any
    /// thread; the steps of a layer's weights at a width are computed once.
    QuantizationState stateFor(const BitAssignment& bits) const;
    /// Quantizer of one tensor at a width.
    ActivationQuantizer activation(int tensor, int bits) const;
    /// Weight scales of one layer at a width, for the given weights.
    static std::vector<float> weightScales(const Layer& layer, const std::vector<float>& weights,
                                           int bits, bool per_tensor);

private:
    /// The steps of a layer's weights at 2, 4 and 8 bits.
    struct LayerScales {
        std::array<std::once_flag, 3> known;
        std::array<std::vector<float>, 3> scales;
    };

    const std::vector<float>& weightScales(int layer, int bits) const;
    ActivationQuantizer measure(int tensor, int bits) const;

    std::shared_ptr<const Network> m_network;
    std::vector<std::vector<float>> m_values; ///< per tensor, a sample of its values
    std::vector<bool> m_signed;               ///< per tensor
    std::vector<std::vector<ActivationQuantizer>> m_quantizers; ///< per tensor, for 2, 4 and 8 bits
    mutable std::vector<LayerScales> m_scales; ///< per layer; filled when they are asked for
};

} // namespace bitdial
