// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace bitdial {

/// Of every buffer on a target, in bytes: kernels and transfers work with words.
inline constexpr int word_bytes = 4;
constexpr std::int64_t wholeWords(std::int64_t bytes)
{
    return (bytes + word_bytes - 1) / word_bytes * word_bytes;
}

} // namespace bitdial
