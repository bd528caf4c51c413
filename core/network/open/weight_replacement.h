// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/open/open_network.h"

namespace bitdial {

/// Gives a network that came from ONNX the numbers of a weights file: every float tensor of the
/// ONNX file with more than one number must be in `weights_file` under the same name and with the
/// same shape. Changes bytes and network of `opened`; tensors that were not used join the report.
/// Throws Error(BadInput) that lists what is missing.
void replaceWeights(NetworkSource& opened, const std::string& weights_file);

} // namespace bitdial
