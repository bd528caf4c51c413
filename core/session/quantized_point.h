// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/pareto/design_point.h"
#include "core/quantization/integer_network.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace bitdial {

class Project;

/// Bits with the state that decides, together with them, what the quantized network computes.
struct QuantizedPoint {
    std::shared_ptr<const Network> network;
    BitAssignment bits;
    QuantizationState state;
};

/// A project's point. Throws Error(Usage) for one that it does not have.
DesignPoint storedPoint(const Project& project, std::int64_t id);
/// The point with the numbers that it was measured with; `network` is the project's. Throws
/// Error(Infeasible) when it has none.
QuantizedPoint measuredPoint(const Project& project, std::shared_ptr<const Network> network,
                             const DesignPoint& point);
/// The network with these bits, its steps calibrated on the samples. Throws as Calibration does.
QuantizedPoint calibratedPoint(std::shared_ptr<const Network> network, BitAssignment bits,
                               const ImageSubset& calibration, std::stop_token stop);

/// Folds it to integers.
std::shared_ptr<const IntegerNetwork> fold(const QuantizedPoint& point);

} // namespace bitdial
