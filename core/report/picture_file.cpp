// SPDX-License-Identifier: Apache-2.0
#include "core/report/picture_file.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/report/scene_cairo.h"
#include "core/report/scene_svg.h"

#include <algorithm>
#include <cctype>

namespace bitdial {

std::optional<PictureFormat> pictureFormat(std::string_view name)
{
    if (name == "svg")
        return PictureFormat::Svg;
    if (name == "png")
        return PictureFormat::Png;
    if (name == "pdf")
        return PictureFormat::Pdf;
    return std::nullopt;
}

PictureFormat pictureFormatOf(const std::filesystem::path& file)
{
    std::string ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(),
                           [](unsigned char c) { return char(std::tolower(c)); });
    const auto format = pictureFormat(ending.empty() ? ending : ending.substr(1));
    if (!format)
        throw Error(ErrorCode::Usage, "The kind of picture is not known", file.string(),
                    "its name ends in none of .svg, .png and .pdf", "Give it one of these endings");
    return *format;
}

std::string pictureOf(const ChartScene& scene, PictureFormat format)
{
    switch (format) {
    case PictureFormat::Png:
        return scenePng(scene);
    case PictureFormat::Pdf:
        return scenePdf(scene);
    case PictureFormat::Svg:
        break;
    }
    return sceneSvg(scene);
}

void writePicture(const ChartScene& scene, const std::filesystem::path& file, PictureFormat format)
{
    writeFileAtomically(file, pictureOf(scene, format));
}

} // namespace bitdial
