// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bitdial {

/// Kernels of the library that an export calls.
enum class KernelFamily { Conv, Depthwise, Linear, Linear32, Add, AveragePool, MaxPool };

} // namespace bitdial
