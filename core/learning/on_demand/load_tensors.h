// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/on_demand/tensor_table.h"

namespace bitdial {

/// The table of the library with LibTorch, which lies in a folder beside the program's. The first
/// call loads it (0.5 s) and it stays; any thread. Throws Error(Failed) where it is missing, cannot
/// be loaded, or is of another version.
const TensorTable& loadTensors();

} // namespace bitdial
