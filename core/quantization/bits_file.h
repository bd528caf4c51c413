// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/tensor_encodings.h"

#include <filesystem>

namespace bitdial {

/// The assignment in a file that somebody gives: bits.json, AIMET encodings, the table of
/// encodings_csv.h or a quantized ONNX file (QDQ, QONNX), told apart by their content. Only widths
/// are taken: scales belong to the calibration. Throws Error(BadInput) for what is none of these
/// or does not fit the network.
ReadAssignment readBitsFile(const Network& network, const std::filesystem::path& file);

} // namespace bitdial
