// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bitdial {

/// Incremental SHA-256 (FIPS 180-4). Content hashes identify networks, weights, data and profiles.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// Lower-case hexadecimal digest of everything fed so far; the object must not be used after.
    std::string hexDigest();

private:
    struct Context;
    std::unique_ptr<Context> m_context;
};

/// SHA-256 of one buffer, lower-case hexadecimal (64 characters).
std::string sha256Hex(std::span<const std::byte> bytes);

} // namespace bitdial
