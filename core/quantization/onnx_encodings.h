// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/tensor_encodings.h"

#include <string>
#include <vector>

namespace bitdial {

/// The encodings that the quantizers of an imported ONNX file (QDQ or QONNX) say, under the names
/// of `network`: weights by the layer's name, activations by the tensor's name or, where the
/// network has none such, by that of the layer that makes it. Biases are left out. Throws
/// Error(BadInput) with `where` when the file has no quantizers, or several that contradict each
/// other.
std::vector<TensorEncoding> encodingsInOnnx(const Network& network, const Network& imported,
                                            const std::string& where);

} // namespace bitdial
