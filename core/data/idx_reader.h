// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/sample_source.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// An IDX file of unsigned bytes (LeCun's MNIST format), plain or gzip-compressed.
struct IdxArray {
    std::vector<int> sizes; ///< 1 dimension for labels, 3 (count, rows, columns) for images
    std::vector<std::uint8_t> values;
};

/// Parses an IDX file with the given number of dimensions. Throws Error(BadInput) naming `where`:
/// wrong magic, other element type, sizes that the file does not hold, more than max_samples or
/// 1 GiB or, for a compressed file, more than its own size and 200 MiB.
IdxArray parseIdx(std::span<const std::byte> bytes, int dimensions, const std::string& where);
/// The same of a file. Throws also as readFile does.
IdxArray readIdx(const std::filesystem::path& path, int dimensions);

/// The pictures of an array of three dimensions as samples of one channel. `where` is its file.
std::shared_ptr<const SampleSource> idxSamples(IdxArray images, const std::string& where);

} // namespace bitdial
