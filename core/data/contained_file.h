// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bitdial {

/// Reads the regular file at `relative` (parts joined by "/", none of them "..") below `folder`.
/// No symbolic link is followed below the folder, so that nothing outside it is read, and nothing
/// but a regular file is opened for reading. Throws Error(BadInput) naming the file, also when it
/// has more than `max_bytes`.
std::vector<std::byte> readContainedFile(const std::filesystem::path& folder,
                                         const std::string& relative, std::uint64_t max_bytes);

} // namespace bitdial
