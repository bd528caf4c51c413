// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/weights/weight_file.h"

namespace bitdial {

/// Whether the bytes may be a safetensors file: a length of 8 bytes, then a JSON object.
bool isSafetensors(std::span<const std::byte> bytes);

/// Reads a safetensors file (huggingface.co/docs/safetensors): every rule of the format is checked
/// (header length, JSON, unique names, types, shapes, ranges that cover the data without gap or
/// overlap). Sub-byte and 8-bit float types are refused by name.
WeightFile readSafetensors(std::span<const std::byte> bytes, const std::string& where);

} // namespace bitdial
