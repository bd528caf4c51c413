// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/stored_samples.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// An array of NumPy's .npy format, C order, little-endian; `data` lies in the parsed bytes.
struct NpyArray {
    ElementType type = ElementType::UInt8;
    std::vector<std::int64_t> shape; ///< product x elementBytes(type) == data.size()
    std::span<const std::byte> data;
};

/// Parses a .npy file (format versions 1 to 3; dtypes u1, i1, i2, i4, i8, f2, f4, f8). The header
/// is a Python dictionary, of which this reads the three entries and nothing else. Throws
/// Error(BadInput) naming `where`: other versions and dtypes, Fortran order, sizes that the file
/// does not hold.
NpyArray parseNpy(std::span<const std::byte> bytes, const std::string& where);

} // namespace bitdial
