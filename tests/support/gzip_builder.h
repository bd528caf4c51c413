// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>

namespace bitdial::test {

/// `head` and then `zeros` zero bytes, compressed without ever being in memory as a whole.
/// `window_bits` as zlib's deflateInit2 takes them: 31 for gzip, 15 for the zlib format of PNG.
inline std::string compressedZeros(std::string_view head, std::uint64_t zeros, int window_bits)
{
    z_stream stream{};
    deflateInit2(&stream, 1, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY);
    const std::string nothing(1 << 20, '\0');
    std::string all;
    std::string piece(1 << 16, '\0');
    const auto feed = [&](std::string_view bytes, int flush) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream.avail_in = uInt(bytes.size());
        do {
            stream.next_out = reinterpret_cast<Bytef*>(piece.data());
            stream.avail_out = uInt(piece.size());
            deflate(&stream, flush);
            all.append(piece, 0, piece.size() - stream.avail_out);
        } while (stream.avail_out == 0);
    };
    feed(head, Z_NO_FLUSH);
    for (; zeros > 0; zeros -= std::min<std::uint64_t>(zeros, nothing.size()))
        feed(std::string_view(nothing).substr(0, std::min<std::uint64_t>(zeros, nothing.size())),
             Z_NO_FLUSH);
    feed({}, Z_FINISH);
    deflateEnd(&stream);
    return all;
}

inline std::string bigEndian(std::uint32_t value)
{
    return {char(value >> 24U), char(value >> 16U & 0xFFU), char(value >> 8U & 0xFFU),
            char(value & 0xFFU)};
}

/// One chunk of a PNG file.
inline std::string pngChunk(const std::string& type, const std::string& content)
{
    const auto body = type + content;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), uInt(body.size()));
    return bigEndian(std::uint32_t(content.size())) + body + bigEndian(std::uint32_t(crc));
}

/// An RGB picture of zeros; `more` are chunks between its header and its pixels.
inline std::string pngOfZeros(std::uint32_t width, std::uint32_t height,
                              const std::string& more = "")
{
    const auto pixels = (std::uint64_t(width) * 3 + 1) * height;
    return "\x89PNG\r\n\x1A\n" +
           pngChunk("IHDR",
                    bigEndian(width) + bigEndian(height) + std::string("\x08\x02\0\0\0", 5)) +
           more + pngChunk("IDAT", compressedZeros("", pixels, 15)) + pngChunk("IEND", "");
}

} // namespace bitdial::test
