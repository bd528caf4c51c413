// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/kernel_family.h"
#include "core/quantization/integer_network.h"

#include <string>
#include <vector>

namespace bitdial {

/// "u8", "i4"; 32-bit results are "i32".
std::string typeToken(const IntegerType& type);

/// A kernel of the library with its sources.
struct KernelName {
    std::string name; ///< "pulp_nn_conv_u8_u4_i4"
    /// Relative to the library's ISA folder; more than one where it calls a helper.
    std::vector<std::string> sources;
};

/// The kernel of a folded layer, for the weights' width as they are stored. XpulpNN: its names
/// begin with xpulp_nn_.
KernelName kernelName(KernelFamily family, const IntegerLayer& layer, int stored_weight_bits,
                      bool is_xpulp_nn);

} // namespace bitdial
