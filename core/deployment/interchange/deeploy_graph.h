// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/interchange/interchange_export.h"
#include "core/network/onnx/file.h"
#include "core/quantization/integer_network.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// How the 32-bit logits become the 8 bits that Deeploy's last linear layer gives:
/// clip8((mul * logit + 2^(shift - 1)) >> shift).
struct LogitNarrowing {
    std::int32_t mul = 1;
    int shift = 0;
    std::int32_t narrowed(std::int32_t logit) const;
};

/// Narrows so that the largest of the given logits becomes about 64: half of the range is left for
/// inputs with larger ones. `bound` is the largest logit that any input can have, or
/// its sum before the bias; nothing overflows.
LogitNarrowing chooseNarrowing(std::span<const std::int32_t> logits, std::int64_t bound);

/// A folded network of 8-bit layers as Deeploy's PULP platform reads it: integers that floats hold,
/// a RequantShift node behind every operation (Deeploy bf64cfae; it adds half of `div` itself).
struct DeeployGraph {
    OnnxFile file;
    std::vector<std::string> names; ///< per tensor, in the file
    Padding input_padding;          ///< zeros that `input` has around what the network reads
    std::vector<InterchangeLoss> losses;
};

/// Throws Error(Infeasible) naming the layer that is not 8 bits wide, or whose kind or geometry
/// Deeploy does not take or computes wrongly.
DeeployGraph deeployGraph(const IntegerNetwork& network, const LogitNarrowing& narrowing);

} // namespace bitdial
