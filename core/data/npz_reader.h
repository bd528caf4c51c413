// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/stored_samples.h"

#include <string>
#include <vector>

namespace bitdial {

/// Samples and labels of an NPZ file, not yet joined.
struct NpzData {
    SharedBytes bytes;
    StoredLayout layout;
    int count = 0;
    std::vector<int> labels;
};

/// Reads two arrays of an NPZ file in memory: pictures N x C x H x W (`channels_last`: N x H x W x
/// C), N x H x W or N x F, and N labels. Where a name is empty, the one array of the usual names is
/// taken: x, images, x_test or arr_0; y, labels, y_test or arr_1. Throws Error(BadInput) naming
/// file and array: none or several of them, other shapes, labels that are no class numbers, values
/// that are not finite, and what ZipArchive and parseNpy refuse.
NpzData readNpz(std::vector<std::byte> file, const std::string& where,
                const std::string& images_name, const std::string& labels_name, bool channels_last);

} // namespace bitdial
