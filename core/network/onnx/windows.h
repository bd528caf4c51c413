// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/network/onnx/node.h"

namespace bitdial {

/// How the window of a convolution or pooling lies in the file.
struct OnnxWindowForm {
    int rank = 4;              ///< of the input: 4, or 3 with one dimension of length
    bool along_height = false; ///< of rank 3: the length is the height
};

/// Output shape of a convolution's or pooling's window over `geometry.input`, with kernel size
/// already set; writes stride, dilation and (explicit, automatic or rounded up) padding into the
/// geometry, and for an average pooling whether padding counts. Throws OnnxRefusal for sizes out
/// of range and for what a geometry cannot say. `before` receives the padding that must be a layer
/// of its own: that which counts in an average, where ceil_mode adds some that does not. The
/// geometry is then that of the padded input.
TensorShape applyOnnxWindow(const onnx::NodeProto& node, const OnnxWindowForm& form,
                            LayerGeometry& geometry, int output_channels, Padding& before);

/// Writes a kernel's sizes into the geometry. Throws OnnxRefusal.
void applyOnnxKernel(const std::vector<std::int64_t>& kernel, const OnnxWindowForm& form,
                     LayerGeometry& geometry);

} // namespace bitdial
