// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace bitdial {

/// Reads an ONNX file. Every node ends in the report. Throws Error(BadInput) naming file, place and
/// reason for a damaged file, and one that lists the unsupported nodes (name, operator, reason; the
/// first ten) where there are any.
std::shared_ptr<const Network> importOnnx(std::span<const std::byte> bytes,
                                          const std::string& where);

/// As importOnnx, for a model that lies in a folder: its numbers may be in other
/// files below that folder (external data), and nowhere else.
std::shared_ptr<const Network> importOnnxFromFolder(std::span<const std::byte> bytes,
                                                    const std::string& where,
                                                    const std::filesystem::path& folder);

} // namespace bitdial
