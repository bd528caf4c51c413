// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/raster.h"
#include "core/data/sample_geometry.h"

#include <cstddef>
#include <span>
#include <string>

namespace bitdial {

/// Limits of one picture file, checked before anything is allocated for its pixels.
constexpr std::size_t max_picture_file_bytes = std::size_t(64) << 20;
constexpr std::int64_t max_picture_pixels = std::int64_t(64) * 1000 * 1000;
constexpr int max_picture_side = 65535;
/// Pixels and decoder state together.
constexpr std::size_t max_picture_memory_bytes = std::size_t(240) << 20;

/// Size of the JPEG or PNG picture in `bytes`, from its header; the content decides, not a name.
/// Throws Error(BadInput) naming `where`: neither of the two, damaged, or beyond the limits.
PictureSize pictureSize(std::span<const std::byte> bytes, const std::string& where);

/// The pixels as R,G,B, or as one channel where the file is grey. PNG: palettes are resolved,
/// 16 bits become 8, a file's gamma becomes that of sRGB, transparency is ignored. JPEG: YCbCr, RGB
/// and grey; CMYK is refused. Damaged and cut files are refused, naming `where`.
ByteRaster decodePicture(std::span<const std::byte> bytes, const std::string& where);

/// The two decoders; callers use the functions above.
bool isJpeg(std::span<const std::byte> bytes);
PictureSize jpegSize(std::span<const std::byte> bytes, const std::string& where);
ByteRaster decodeJpeg(std::span<const std::byte> bytes, const std::string& where);
bool isPng(std::span<const std::byte> bytes);
PictureSize pngSize(std::span<const std::byte> bytes, const std::string& where);
ByteRaster decodePng(std::span<const std::byte> bytes, const std::string& where);

/// Throws Error(BadInput) for a picture that cannot be used.
[[noreturn]] void failPicture(const std::string& where, const std::string& why,
                              const std::string& next);
/// Throws unless the picture is within the limits.
void checkPictureSize(std::int64_t height, std::int64_t width, const std::string& where);

} // namespace bitdial
