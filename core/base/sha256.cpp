// SPDX-License-Identifier: Apache-2.0
#include "core/base/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <stdexcept>

namespace bitdial {
namespace {

void check(int succeeded)
{
    // Only a libcrypto whose configuration forbids SHA-256 gets here.
    if (succeeded != 1)
        throw std::runtime_error("libcrypto does not compute SHA-256");
}

} // namespace

struct Sha256::Context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();

    Context()
    {
        if (handle == nullptr)
            throw std::bad_alloc();
    }
    ~Context() { EVP_MD_CTX_free(handle); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

Sha256::Sha256() : m_context(std::make_unique<Context>())
{
    check(EVP_DigestInit_ex(m_context->handle, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes)
{
    check(EVP_DigestUpdate(m_context->handle, bytes.data(), bytes.size()));
}

void Sha256::update(std::string_view text)
{
    update(std::as_bytes(std::span(text)));
}

std::string Sha256::hexDigest()
{
    std::array<unsigned char, 32> digest{};
    check(EVP_DigestFinal_ex(m_context->handle, digest.data(), nullptr));
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * digest.size());
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string sha256Hex(std::span<const std::byte> bytes)
{
    Sha256 sha;
    sha.update(bytes);
    return sha.hexDigest();
}

} // namespace bitdial
