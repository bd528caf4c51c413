// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_theme.h"
#include "core/report/text_width.h"

#include <QFont>

#include <vector>

class QColor;
class QPainter;

namespace bitdial {

struct Theme;

/// Paints a chart's scene with Qt: the same places, lines, colours and baselines as the files that
/// core/report writes; letters are those of `font`'s family in the sizes that the scene asks for.
void paintScene(QPainter& painter, const ChartScene& scene, const QFont& font);
/// Shapes without a ground, as an item of something larger.
void paintGroups(QPainter& painter, const std::vector<SceneGroup>& groups, const QFont& font);

/// Widths of texts in a font's family, as paintScene paints them.
TextWidth fontTextWidth(const QFont& font);
/// Its size [px], whether it was given in points or in pixels.
double pixelSizeOf(const QFont& font);

Rgba rgbaOf(const QColor& color);
QColor colorOf(Rgba color);
/// A window's colours for charts.
const ChartTheme& chartTheme(const Theme& theme);

} // namespace bitdial
