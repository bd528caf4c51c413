// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <string>

namespace onnx {
class NodeProto;
} // namespace onnx

namespace bitdial {

/// Why one node cannot become part of a Network. Thrown while the node is read and caught by the
/// reader, which goes on with the next node; never leaves the importer.
struct OnnxRefusal {
    std::string why;
};

/// Output shape of a convolution's or pooling's window over `geometry.input`, with kernel size
/// already set; writes stride and (explicit or automatic) padding into the geometry. Throws
/// OnnxRefusal for what the target kernels lack (dilation, ceil_mode) and sizes out of range.
TensorShape applyOnnxWindow(const onnx::NodeProto& node, LayerGeometry& geometry,
                            int output_channels);

/// Writes a pooling's kernel_shape into the geometry. Throws OnnxRefusal.
void applyOnnxKernelShape(const onnx::NodeProto& node, LayerGeometry& geometry);

} // namespace bitdial
