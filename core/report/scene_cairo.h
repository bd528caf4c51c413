// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_scene.h"

#include <string>

namespace bitdial {

// Scenes painted by Cairo, with Pango for texts. Nothing but the scene, the fonts and the versions
// of both libraries goes into the bytes: no dates, no random names.

/// A picture of `scale` pixels per pixel of the scene. Throws Error(Infeasible) above 32767 pixels
/// a side, Error(Failed) when memory does not suffice.
std::string scenePng(const ChartScene& scene, double scale = 2);

/// One page of the scene's size; texts stay texts. Throws Error(Failed).
std::string scenePdf(const ChartScene& scene);

} // namespace bitdial
