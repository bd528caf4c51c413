// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace bitdial {

/// What the runtime for pulp-open (templates/pulp_open/devices.c) takes for a flash with the files
/// of a folder: a table of 8 entries (name of at most 23 bytes, offset, size), then the files, each
/// at a word. Empty where the folder has none or is not there. Throws Error(BadInput) for more
/// files and for longer names.
std::string flashImage(const std::filesystem::path& folder);

} // namespace bitdial
