// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_scene.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace bitdial {

enum class PictureFormat { Svg, Png, Pdf };

/// Of "svg", "png" or "pdf"; none for anything else.
std::optional<PictureFormat> pictureFormat(std::string_view name);
/// By the ending of a file's name, in any case. Throws Error(Usage) where it is none of the three.
PictureFormat pictureFormatOf(const std::filesystem::path& file);

/// The bytes of a picture; the same for the same scene (scene_svg.h, scene_cairo.h).
std::string pictureOf(const ChartScene& scene, PictureFormat format);

/// Writes a picture, whole or not at all.
void writePicture(const ChartScene& scene, const std::filesystem::path& file, PictureFormat format);

} // namespace bitdial
