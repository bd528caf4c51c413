// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bitdial {

/// Incremental SHA-256 (FIPS 180-4). Content hashes identify networks, weights, data and profiles.
class Sha256 {
public:
    Sha256();
    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// Lower-case hexadecimal digest of everything fed so far; the object must not be used after.
    std::string hexDigest();

private:
    void compress(const std::uint8_t* block);

    std::array<std::uint32_t, 8> m_state;
    std::array<std::uint8_t, 64> m_buffer{};
    std::uint64_t m_length_bytes = 0;
};

/// SHA-256 of one buffer, lower-case hexadecimal (64 characters).
std::string sha256Hex(std::span<const std::byte> bytes);

} // namespace bitdial
