// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_scene.h"

#include <string>

namespace bitdial {

/// A scene as SVG 1.1 (and paint-order of SVG 2 for the rims of texts). Texts stay texts and
/// groups keep their titles, so that files can be searched, read aloud and edited, which glyphs
/// painted by Cairo could not. The same scene gives the same bytes.
std::string sceneSvg(const ChartScene& scene);

} // namespace bitdial
