// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"

#include <filesystem>
#include <memory>

namespace bitdial {

/// Reads a data.json (schema bitdial.data/1) of format idx, cifar10 or raw and the files that it
/// names (paths relative to it). Samples are neither resized nor are their channels reordered: such
/// keys are accepted where they change nothing and refused otherwise. Throws Error(BadInput) naming
/// file, key, reason and remedy.
std::shared_ptr<const ImageSet> readDataFile(const std::filesystem::path& path);

} // namespace bitdial
