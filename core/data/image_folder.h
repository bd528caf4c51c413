// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/labels_csv.h"
#include "core/data/sample_geometry.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bitdial {

/// The pictures of a folder that has a sub-folder per class: classes are numbered in the byte order
/// of the sub-folders' names, pictures follow in that of theirs. Hidden entries (".name") are left
/// out; links, devices and folders in folders are refused with Error(BadInput).
std::vector<LabelledFile> listClassFolders(const std::filesystem::path& folder);

/// Opens the pictures `files` below `folder`: reads each file once, for its size and content hash.
/// Pixels are decoded when a sample is read; small ones are kept, up to 192 MiB in all. A file that
/// changes afterwards is an error when it is read. All must have one size after `geometry`, whose
/// channels are Rgb unless they say otherwise. Throws Error(BadInput) naming the file.
std::shared_ptr<const SampleSource> openImageFolder(const std::filesystem::path& folder,
                                                    const std::vector<LabelledFile>& files,
                                                    const SampleGeometry& geometry);

} // namespace bitdial
