// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/checks.h"
#include "core/hardware/profile/kernel_model.h"

#include <map>

namespace bitdial {

/// Reads the list 'kernels' of a profile. Throws Error(BadInput).
std::map<KernelKey, KernelModel> readKernels(const JsonNode& kernels, const ProfileChecks& checks);

/// Reads kind, in_bits, weight_bits and out_bits of a kernel, or of a measured entry with other
/// names of the keys. Throws Error(BadInput).
struct KernelKeyNames {
    const char* in = "in_bits";
    const char* weight = "weight_bits";
    const char* out = "out_bits";
};
KernelKey readKernelKey(const JsonNode& node, const ProfileChecks& checks,
                        const KernelKeyNames& names = {});

} // namespace bitdial
