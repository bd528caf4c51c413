// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_scene.h"

#include <functional>
#include <string>

namespace bitdial {

/// How wide a line of text is [px] at a font size [px], with the fonts of who will paint it: what
/// keeps labels apart.
using TextWidth = std::function<double(const std::string& text, double size, TextWeight weight)>;

/// Height of capitals in sizes of the font.
constexpr double cap_height = 0.72;

/// With the fonts that files are painted with (scene_cairo.h). To be used by one thread at a time.
TextWidth pangoTextWidth();

/// The text, or its beginning and "…", so that it is at most so wide; empty where nothing fits.
std::string elided(const std::string& text, double most, double size, TextWeight weight,
                   const TextWidth& width);

} // namespace bitdial
