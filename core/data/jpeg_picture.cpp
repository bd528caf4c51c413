// SPDX-License-Identifier: Apache-2.0
#include "core/data/picture_decoder.h"

#include <csetjmp>
#include <cstdio>

// jpeglib.h needs stdio.h before it.
#include <jpeglib.h>

#include <jerror.h>

namespace bitdial {
namespace {

/// libjpeg's state; its error handler jumps to `failed`. The functions that call setjmp have no
/// local objects with destructors: a jump would leave them out.
struct JpegState {
    jpeg_decompress_struct codec{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf failed{};
    char message[JMSG_LENGTH_MAX] = {};
};

JpegState& stateOf(j_common_ptr codec)
{
    return *static_cast<JpegState*>(codec->client_data);
}

[[noreturn]] void jumpOut(j_common_ptr codec)
{
    auto& state = stateOf(codec);
    codec->err->format_message(codec, state.message);
    std::longjmp(state.failed, 1);
}

/// Warnings are damage that libjpeg would paint over with grey, except some about metadata.
void onMessage(j_common_ptr codec, int level)
{
    const int code = codec->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR &&
        code != JWRN_ADOBE_XFORM)
        jumpOut(codec);
}

/// A file of a few bytes may ask for any number of passes over a large picture.
void onProgress(j_common_ptr codec)
{
    auto& state = stateOf(codec);
    const auto pixels = std::int64_t(state.codec.image_width) * state.codec.image_height;
    const int scans = state.codec.input_scan_number;
    if (scans > 256 || (scans > 12 && pixels * scans > std::int64_t(500) * 1000 * 1000)) {
        std::snprintf(state.message, sizeof state.message, "it has more than %d scans", scans - 1);
        std::longjmp(state.failed, 1);
    }
}

void prepare(JpegState& state)
{
    state.codec.err = jpeg_std_error(&state.errors);
    state.errors.error_exit = jumpOut;
    state.errors.emit_message = onMessage;
    state.codec.client_data = &state;
}

/// False, with a message, when the header cannot be read.
bool readHeader(JpegState& state, std::span<const std::byte> bytes)
{
    if (setjmp(state.failed) != 0) // NOLINT(cert-err52-cpp): libjpeg knows no other way
        return false;
    jpeg_create_decompress(&state.codec);
    state.progress.progress_monitor = onProgress;
    state.codec.progress = &state.progress;
    jpeg_mem_src(&state.codec, reinterpret_cast<const unsigned char*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&state.codec, TRUE);
    return true;
}

/// False, with a message, when the pixels cannot be read. `to` has room for all.
bool readPixels(JpegState& state, std::uint8_t* to, std::size_t row_bytes)
{
    if (setjmp(state.failed) != 0) // NOLINT(cert-err52-cpp): libjpeg knows no other way
        return false;
    jpeg_start_decompress(&state.codec);
    while (state.codec.output_scanline < state.codec.output_height) {
        JSAMPROW row = to + std::size_t(state.codec.output_scanline) * row_bytes;
        jpeg_read_scanlines(&state.codec, &row, 1);
    }
    jpeg_finish_decompress(&state.codec);
    return true;
}

/// Owns libjpeg's memory and translates what it says.
class JpegReader {
public:
    /// Delegates, so that the destructor runs when this throws.
    JpegReader(std::span<const std::byte> bytes, const std::string& where) : JpegReader(where)
    {
        if (!readHeader(m_state, bytes))
            failDamaged();
        checkPictureSize(m_state.codec.image_height, m_state.codec.image_width, m_where);
        checkColors();
    }
    ~JpegReader() { jpeg_destroy_decompress(&m_state.codec); }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    PictureSize size() const
    {
        return {int(m_state.codec.image_height), int(m_state.codec.image_width)};
    }

    ByteRaster pixels()
    {
        const bool grey = m_state.codec.jpeg_color_space == JCS_GRAYSCALE;
        m_state.codec.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
        // Not the fastest but the same on every machine, and what others decode with.
        m_state.codec.dct_method = JDCT_ISLOW;
        ByteRaster picture{size().width, size().height, grey ? 1 : 3, {}};
        const auto row_bytes = picture.at(0, 1);
        const auto total = picture.at(0, picture.height);
        m_state.codec.mem->max_memory_to_use = long(max_picture_memory_bytes - total);
        picture.values.resize(total);
        if (!readPixels(m_state, picture.values.data(), row_bytes))
            failDamaged();
        return picture;
    }

private:
    explicit JpegReader(const std::string& where) : m_where(where) { prepare(m_state); }

    [[noreturn]] void failDamaged() const
    {
        const int code = m_state.errors.msg_code;
        if (code == JERR_NO_BACKING_STORE || code == JERR_OUT_OF_MEMORY)
            failPicture(m_where, "decoding it needs more memory than a picture may have",
                        "Shrink the picture, or save it as a baseline JPEG");
        failPicture(m_where, "the JPEG is damaged (" + std::string(m_state.message) + ")",
                    "Replace the file by a whole one, or remove it");
    }

    void checkColors() const
    {
        const auto space = m_state.codec.jpeg_color_space;
        if (space != JCS_GRAYSCALE && space != JCS_RGB && space != JCS_YCbCr)
            failPicture(m_where,
                        space == JCS_CMYK || space == JCS_YCCK
                            ? "its colours are those of print (CMYK)"
                            : "its colour space is unknown",
                        "Convert the picture to RGB");
    }

    JpegState m_state;
    const std::string& m_where;
};

} // namespace

bool isJpeg(std::span<const std::byte> bytes)
{
    return bytes.size() >= 3 && bytes[0] == std::byte(0xFF) && bytes[1] == std::byte(0xD8) &&
           bytes[2] == std::byte(0xFF);
}

PictureSize jpegSize(std::span<const std::byte> bytes, const std::string& where)
{
    return JpegReader(bytes, where).size();
}

ByteRaster decodeJpeg(std::span<const std::byte> bytes, const std::string& where)
{
    return JpegReader(bytes, where).pixels();
}

} // namespace bitdial
