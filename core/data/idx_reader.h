// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace bitdial {

/// An IDX file of unsigned bytes (LeCun's MNIST format), plain or gzip-compressed.
struct IdxArray {
    std::vector<int> sizes; ///< 1 dimension for labels, 3 (count, rows, columns) for images
    std::vector<std::uint8_t> values;
};

/// Reads an IDX file with the given number of dimensions. Throws Error(BadInput): wrong magic,
/// other element type, sizes that the file does not hold, more than 1 GiB.
IdxArray readIdx(const std::filesystem::path& path, int dimensions);

} // namespace bitdial
