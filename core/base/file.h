// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// Whole regular file as bytes. Throws Error(BadInput) when it is missing, no regular file,
/// unreadable or larger than `max_bytes`.
std::vector<std::byte> readFile(const std::filesystem::path& path,
                                std::uint64_t max_bytes = std::uint64_t(2) << 30);

/// As readFile, as text. A UTF-8 byte-order mark is removed; what is not UTF-8 is Error(BadInput)
/// too.
std::string readTextFile(const std::filesystem::path& path,
                         std::uint64_t max_bytes = std::uint64_t(64) << 20);

/// Writes to a temporary file beside `path`, syncs it and renames it: the file appears whole or
/// not at all. An existing file's permissions are kept, a new one gets those of the umask; where
/// `path` is a symbolic link, the file that it points to is written. Only what exists and is no
/// regular file (a device, a pipe) is written to in place. Throws Error(Failed).
void writeFileAtomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void writeFileAtomically(const std::filesystem::path& path, std::string_view text);

} // namespace bitdial
