// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/tensor_encodings.h"

#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// Versions of AIMET's encodings files (JSON) that are written; 0.4.0 to 0.6.1, 1.0.0 and 2.0.0 are
/// read. Until 0.6.1 a width has 4 to 32 bits.
enum class AimetVersion { V0_6_1, V1_0_0 };
const char* aimetVersionName(AimetVersion version); ///< "0.6.1", "1.0.0"

/// Whether the version has a word for the width.
bool aimetHasWidth(AimetVersion version, int bits);

/// An encodings file: weights of a layer as the parameter LAYER.weight, as exportOnnx names it;
/// signed tensors symmetric with the lowest code, unsigned ones with offset 0; raw accumulators do
/// not occur. real = scale * (q + offset) with q from 0. Each scale must be positive and each width
/// one that the version has. Throws Error(Failed) when a name is not UTF-8.
std::string toAimetEncodings(const Network& network, const std::vector<TensorEncoding>& encodings,
                             AimetVersion version);

/// Whether a JSON text is such a file, by its outermost keys. False for what is no JSON.
bool isAimetEncodings(std::string_view json);

/// Reads such a file, of at most 16 MiB. Parameters LAYER.weight of the network's layers become
/// weights and LAYER.bias are left out; other names stay as they are. Sign and offset follow from
/// minimum and maximum, and an offset of another size is refused: programs disagree on its sign.
/// Throws Error(BadInput) with `where` and the name: unknown versions, JSON that nests deeply, has
/// too many values or keys twice, float or blocked encodings, ranges that contradict themselves.
std::vector<TensorEncoding> fromAimetEncodings(const Network& network, std::string_view json,
                                               const std::string& where);

} // namespace bitdial
