// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace bitdial {

/// As importOnnx of open_network.h, for a model that lies in a folder: its numbers may be in other
/// files below that folder (external data), and nowhere else.
std::shared_ptr<const Network> importOnnxFromFolder(std::span<const std::byte> bytes,
                                                    const std::string& where,
                                                    const std::filesystem::path& folder);

} // namespace bitdial
