// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitdial {

/// How many floats a weights file may become: as many bytes as it has itself, and 200 MiB. Views
/// that share their numbers, and narrow types, would otherwise let a small file fill the memory.
class WeightBudget {
public:
    explicit WeightBudget(std::size_t file_bytes)
        : m_floats((std::uint64_t(file_bytes) + (std::uint64_t(200) << 20)) / sizeof(float))
    {
    }

    /// Sets `count` floats aside; false when so many are not left.
    bool take(std::uint64_t count)
    {
        if (count > m_floats)
            return false;
        m_floats -= count;
        return true;
    }

private:
    std::uint64_t m_floats;
};

} // namespace bitdial
