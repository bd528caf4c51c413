// SPDX-License-Identifier: Apache-2.0
#include "core/data/picture_decoder.h"

#include "core/base/error.h"

namespace bitdial {
namespace {

[[noreturn]] void failUnknown(std::span<const std::byte> bytes, const std::string& where)
{
    failPicture(where, bytes.empty() ? "the file is empty" : "it is neither JPEG nor PNG",
                "Remove the file, or convert it to JPEG or PNG");
}

} // namespace

void failPicture(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "Cannot read the picture", where, why, next);
}

void checkPictureSize(std::int64_t height, std::int64_t width, const std::string& where)
{
    if (height < 1 || width < 1 || height > max_picture_side || width > max_picture_side ||
        height * width > max_picture_pixels)
        failPicture(where,
                    "it has " + std::to_string(height) + " x " + std::to_string(width) +
                        " pixels; a side may have 1 to " + std::to_string(max_picture_side) +
                        ", all together " + std::to_string(max_picture_pixels),
                    "Shrink the picture");
}

PictureSize pictureSize(std::span<const std::byte> bytes, const std::string& where)
{
    if (isJpeg(bytes))
        return jpegSize(bytes, where);
    if (isPng(bytes))
        return pngSize(bytes, where);
    failUnknown(bytes, where);
}

ByteRaster decodePicture(std::span<const std::byte> bytes, const std::string& where)
{
    if (isJpeg(bytes))
        return decodeJpeg(bytes, where);
    if (isPng(bytes))
        return decodePng(bytes, where);
    failUnknown(bytes, where);
}

} // namespace bitdial
