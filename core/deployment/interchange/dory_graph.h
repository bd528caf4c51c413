// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/interchange/interchange_export.h"
#include "core/network/onnx/file.h"
#include "core/quantization/integer_network.h"

#include <memory>
#include <string>
#include <vector>

namespace bitdial {

/// A folded network as DORY's Quantlab front end reads it: opset 10, floats that hold integers,
/// NCHW, every node's output an increasing decimal number, requantization as Mul, Add, Div, Floor,
/// Clip (dory be3d6dda, dory/Frontend_frameworks/Quantlab).
struct DoryGraph {
    OnnxFile file;
    /// The network that DORY reads: floats hold 24 bits, so that its kappa, lambda and last bias
    /// are rounded to such.
    std::shared_ptr<const IntegerNetwork> network;
    std::vector<int> channels; ///< per tensor as stored: padded with zeros where widths ask for it
    std::vector<std::string> names; ///< per tensor, in the file
    std::vector<InterchangeLoss> losses;
};

/// Throws Error(Infeasible) naming the layer where DORY cannot say it, packs it wrongly or calls a
/// kernel outside what it computes correctly. `cores` run the kernels.
DoryGraph doryGraph(const IntegerNetwork& network, int cores);

} // namespace bitdial
