// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace bitdial {

/// Puts what an ONNX file keeps in other files of its folder (external data) into its own bytes, so
/// that they hold the whole network. `bytes` must be a model that importOnnxFromFolder has read
/// from `folder`; nothing changes where it has no external data. Throws Error(BadInput) where the
/// whole would be larger than an ONNX file can be.
void inlineExternalData(std::vector<std::byte>& bytes, const std::filesystem::path& folder,
                        const std::string& where);

} // namespace bitdial
