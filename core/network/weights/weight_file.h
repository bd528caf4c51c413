// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// A tensor of a weights file, its numbers as floats, row by row.
struct NamedTensor {
    std::string name;
    std::vector<std::int64_t> sizes;
    std::vector<float> values;
};

/// What a weights file holds.
struct WeightFile {
    std::string format;               ///< "safetensors", "PyTorch zip" or "PyTorch legacy"
    std::vector<NamedTensor> tensors; ///< in the file's order, no two of one name
    std::vector<std::string> ignored; ///< entries that are no tensors of the state dict
    std::string prefix;               ///< what all names began with and was taken off ("module.")
};

/// Reads a weights file from memory; the content decides the format, not the name: safetensors,
/// PyTorch zip or legacy. Runs no code from the file. Nested state dicts (`state_dict`, `model`,
/// ...) are found and prefixes that all names share (`module.`) taken off. The numbers may take as
/// many bytes as the file and 200 MiB. Throws Error(BadInput) naming `where`, the place and the
/// reason.
WeightFile parseWeights(std::span<const std::byte> bytes, const std::string& where);

/// As parseWeights, of a regular file of at most 1 GiB.
WeightFile readWeights(const std::filesystem::path& path);

} // namespace bitdial
