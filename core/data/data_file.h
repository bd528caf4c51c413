// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"

#include <filesystem>
#include <memory>

namespace bitdial {

/// Reads a data.json (schema bitdial.data/1, see data_json.h) and the files that it names (paths
/// relative to it, or absolute). The files of a labels table lie below the folder of pictures or,
/// where its first one does not, below the table's own. A folder of pictures is read once for its
/// hash and its pictures are decoded when asked for; other formats are held in memory. Throws
/// Error(BadInput) naming file, key, reason and remedy.
std::shared_ptr<const ImageSet> readDataFile(const std::filesystem::path& path);

} // namespace bitdial
