// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace bitdial {

/// Where a tensor that is not in the ONNX file says its numbers are.
struct OnnxExternalPlace {
    std::string location; ///< path below the model's folder
    std::uint64_t offset = 0;
    std::uint64_t length = 0; ///< 0: as many bytes as the tensor needs
};

/// Reads and checks a tensor's external_data entries: known keys, each once, numbers in range, a
/// relative path without "..", backslash, NUL or scheme. Opens nothing. Throws OnnxInvalid.
OnnxExternalPlace onnxExternalPlace(const onnx::TensorProto& tensor);

/// Exactly `bytes` bytes at the place, from a regular file below `folder` that is reached through
/// no link of any kind. Nothing is allocated before the file is known to hold them. Throws
/// OnnxInvalid.
std::vector<std::byte> readOnnxExternal(const std::filesystem::path& folder,
                                        const OnnxExternalPlace& place, std::uint64_t bytes);

/// Size in bytes of the place's file, opened under the same rules. Throws OnnxInvalid.
std::uint64_t onnxExternalSize(const std::filesystem::path& folder, const OnnxExternalPlace& place);

} // namespace bitdial
