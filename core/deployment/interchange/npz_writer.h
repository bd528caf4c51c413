// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// A named array of integers for NumPy, row-major.
struct NpzArray {
    std::string name; ///< as it appears in the archive, without ".npy"
    std::vector<std::int64_t> dimensions;
    std::vector<std::int64_t> values;
};

/// An .npz archive (NumPy's format 1.0 of 64-bit integers in a ZIP file without compression).
/// Throws Error(Infeasible) above 4 GiB, which plain ZIP cannot hold.
std::string toNpz(const std::vector<NpzArray>& arrays);

} // namespace bitdial
