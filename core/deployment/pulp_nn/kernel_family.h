// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bitdial {

/// Kernels of the library that an export calls. LinearByAccumulators is Linear32, whose results the
/// export requantizes itself.
enum class KernelFamily {
    Conv,
    Depthwise,
    Linear,
    Linear32,
    LinearByAccumulators,
    Add,
    AveragePool,
    MaxPool
};

/// Cores that the kernels and the emulation share work between, at most; a power of two.
inline constexpr int most_kernel_cores = 64;

} // namespace bitdial
