// SPDX-License-Identifier: Apache-2.0
#include "core/data/picture_decoder.h"

#include <algorithm>
#include <array>
#include <png.h>

namespace bitdial {
namespace {

/// libpng's simplified reader: reports errors as values, so nothing jumps over C++ frames.
class PngReader {
public:
    /// Delegates, so that the destructor runs when this throws.
    PngReader(std::span<const std::byte> bytes, const std::string& where) : PngReader(where)
    {
        m_image.version = PNG_IMAGE_VERSION;
        png_image_begin_read_from_memory(&m_image, bytes.data(), bytes.size());
        check();
        checkPictureSize(m_image.height, m_image.width, m_where);
        // Without it a file of 16 bits and no gamma would be taken for linear light.
        m_image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    }
    ~PngReader() { png_image_free(&m_image); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    PictureSize size() const { return {int(m_image.height), int(m_image.width)}; }

    ByteRaster pixels()
    {
        // With the alpha channel, because without it libpng would blend with a background.
        const bool color = (m_image.format & PNG_FORMAT_FLAG_COLOR) != 0;
        const bool alpha = (m_image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
        m_image.format =
            (color ? PNG_FORMAT_FLAG_COLOR : 0U) | (alpha ? PNG_FORMAT_FLAG_ALPHA : 0U);
        const int channels = color ? 3 : 1;
        const std::size_t stored = std::size_t(channels) + (alpha ? 1 : 0);
        const std::size_t total = stored * m_image.width * m_image.height;
        if (total > max_picture_memory_bytes)
            failPicture(m_where, "its pixels need " + std::to_string(total) + " bytes",
                        "Shrink the picture");
        ByteRaster picture{int(m_image.width), int(m_image.height), channels, {}};
        picture.values.resize(total);
        png_image_finish_read(&m_image, nullptr, picture.values.data(), 0, nullptr);
        check();
        if (alpha)
            dropEvery(stored, picture.values);
        return picture;
    }

private:
    explicit PngReader(const std::string& where) : m_where(where) {}

    /// Removes the last value of each pixel.
    static void dropEvery(std::size_t stored, std::vector<std::uint8_t>& values)
    {
        const std::size_t pixels = values.size() / stored;
        for (std::size_t i = 0; i < pixels; ++i)
            std::copy_n(values.data() + i * stored, stored - 1, values.data() + i * (stored - 1));
        values.resize(pixels * (stored - 1));
    }

    void check() const
    {
        // Warnings are about metadata, or about too many or too few pixels: the second kind would
        // silently give a picture that is partly black.
        const std::string message(m_image.message);
        if (PNG_IMAGE_FAILED(m_image) || message.find("IDAT") != std::string::npos)
            failPicture(m_where, "the PNG is damaged (" + message + ")",
                        "Replace the file by a whole one, or remove it");
    }

    png_image m_image{};
    const std::string& m_where;
};

} // namespace

bool isPng(std::span<const std::byte> bytes)
{
    constexpr std::array<unsigned char, 8> Signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    return bytes.size() >= Signature.size() &&
           std::ranges::equal(Signature, bytes.first(Signature.size()),
                              [](unsigned char a, std::byte b) { return std::byte(a) == b; });
}

PictureSize pngSize(std::span<const std::byte> bytes, const std::string& where)
{
    return PngReader(bytes, where).size();
}

ByteRaster decodePng(std::span<const std::byte> bytes, const std::string& where)
{
    return PngReader(bytes, where).pixels();
}

} // namespace bitdial
