// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/pulp_nn_export.h"

#include <memory>
#include <string>

namespace bitdial::test {

/// A built-in architecture with random numbers (batch norm behind each convolution).
std::shared_ptr<const Network> randomZooNetwork(const std::string& spec, unsigned seed);

/// Whether a max-pooling makes or reads the tensor.
bool touchesMaxPool(const Network& network, int tensor);

/// Widths: "8", "4" or "2" for all, or "mixed<seed>": each free group and weight tensor at random,
/// except where the kernel library has no kernel.
BitAssignment assignmentOf(const Network& network, const std::string& widths);

/// A profile by name, with what-if settings behind semicolons:
/// "pulp-open-xpulpv2;memory.l1.bytes=37192".
std::shared_ptr<const HardwareProfile> profileOf(const std::string& spec);

/// Calibrates on random inputs, folds, and asks for `images` other random inputs as golden ones.
ExportRequest randomRequest(const std::shared_ptr<const Network>& network,
                            const BitAssignment& bits, const std::string& profile, int images,
                            bool signed_input, unsigned seed);

} // namespace bitdial::test
